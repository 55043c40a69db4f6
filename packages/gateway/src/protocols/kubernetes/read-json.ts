/** What the API server answers, as JSON. */
import type { IncomingMessage } from 'node:http';
import type { Json } from '@countersign/core';

/** Null for more than `maxBytes`, and for what is none. */
export async function readJson(answer: IncomingMessage, maxBytes: number): Promise<Json | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      answer.destroy();
      return null;
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json;
  } catch {
    return null;
  }
}
