/** Reading what the gateway answered, within bounds, into the words of core. */
import { CountersignError, errorTable, isErrorCode, problemSchema } from '@countersign/core';
import type { z } from 'zod';

/**
 * Reads a body to its end.
 *
 * @throws {CountersignError} `internal` beyond the limit; whatever the stream fails with otherwise.
 */
export async function readBounded(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw unreadable(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws {CountersignError} `internal` for a body that is not what this route answers. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, body: string): z.infer<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw unreadable('no JSON', cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw unreadable('something else than the route promises', parsed.error);
  return parsed.data;
}

/** The error an unsuccessful answer stands for: the problem's own code, or `internal` where it names none we know. */
export function problemOf(status: number, body: string): CountersignError {
  let json: unknown = null;
  try {
    json = JSON.parse(body);
  } catch {
    // Not a problem document then: a proxy's page, perhaps.
  }
  const parsed = problemSchema.safeParse(json);
  if (!parsed.success) return unreadable(`status ${status} without a problem document`);
  const { code, message } = parsed.data.error;
  if (!isErrorCode(code)) return unreadable(`status ${status} with an unknown code`);
  return new CountersignError(code, detailsIn(message, [errorTable[code].model, errorTable[code].people]));
}

/** The message begins with the table's own sentence, which the error made here brings along itself. */
function detailsIn(message: string, sentences: readonly string[]): { readonly what?: string } {
  const text = message.slice(0, 2000);
  const known = sentences
    .map((sentence) => sentence.replace(/\.$/, ''))
    .find((sentence) => text.startsWith(sentence));
  const rest = (known === undefined ? text : text.slice(known.length))
    .replace(/^[:;.\s]+/, '')
    .replace(/\.$/, '');
  return rest === '' ? {} : { what: rest };
}

function unreadable(what: string, cause?: unknown): CountersignError {
  return new CountersignError('internal', { what: `the gateway answered ${what}` }, { cause });
}
