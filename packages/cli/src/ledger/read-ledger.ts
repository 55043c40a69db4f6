/** Reading the record: from a file, or from a gateway page by page. */
import { createPublicKey } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Client } from '@countersign/client';
import {
  CountersignError,
  type EventsQuery,
  headSchema,
  type LedgerLine,
  type SignedHead,
} from '@countersign/core';
import { z } from 'zod';
import { jsonOrNull } from '../json-or-null.ts';
import { splitLines } from '../jsonl/lines.ts';
import { readText } from '../policy-file.ts';

/** A line holds one event and what was disclosed with it: a call's input several times over, at most. */
const maxLineBytes = 64 * 1024 * 1024;

/** The lines of a stream as text. A line that is too long is given as text that is no ledger line. */
export async function* textLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const { bytes } of splitLines(input, maxLineBytes))
    yield bytes === null ? 'a line that is too long' : Buffer.from(bytes).toString();
}

/** @throws {CountersignError} `config_invalid` where the file can't be read. */
export async function* fileLines(path: string): AsyncGenerator<string> {
  try {
    yield* textLines(createReadStream(path));
  } catch (cause) {
    throw new CountersignError(
      'config_invalid',
      { what: `cannot read ${path}`, expected: 'a ledger file' },
      { cause },
    );
  }
}

/** All lines of a part of a gateway's record, page by page: events, and at the end the signed head. */
export async function* gatewayLines(
  client: Client,
  { last, ...part }: Omit<EventsQuery, 'limit'>,
  signal: AbortSignal,
): AsyncGenerator<LedgerLine> {
  // The last so many are one page: what comes meanwhile is not counted again.
  for (let page: EventsQuery = { ...part, ...(last === undefined ? {} : { last, limit: last }) }; ; ) {
    const lines = await client.events({ ...page, signal });
    yield* lines;
    const end = lines.at(-1);
    if (last !== undefined || end === undefined || 'head' in end) return;
    page = { ...part, after: end.index };
  }
}

/**
 * A gateway's public key, in PEM.
 *
 * @throws {CountersignError} `config_invalid` where the file can't be read or holds none.
 */
export async function readPublicKey(path: string): Promise<string> {
  const pem = await readText(path, 'the gateway’s public key; name it with --key FILE');
  try {
    createPublicKey(pem);
  } catch (cause) {
    const details = { what: `${path} holds no public key`, expected: 'the keys.pub of its data folder' };
    throw new CountersignError('config_invalid', details, { cause });
  }
  return pem;
}

/** A checkpoint: a file whose last line is a signed head, as a ledger file's is. */
export async function readCheckpoint(path: string): Promise<SignedHead> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new CountersignError(
      'config_invalid',
      { what: `cannot read ${path}`, expected: 'a checkpoint' },
      { cause },
    );
  }
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  const parsed = z.union([z.object({ head: headSchema }), headSchema]).safeParse(jsonOrNull(last));
  if (!parsed.success)
    throw new CountersignError('config_invalid', {
      what: `${path} holds no checkpoint`,
      expected: 'a signed head: the last line of `countersign ledger --jsonl`',
    });
  return 'head' in parsed.data ? parsed.data.head : parsed.data;
}
