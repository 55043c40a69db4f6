/** The rows of a call as they come: lines of JSON, the columns first and the answer last. */
import { type CallId, CountersignError, type ExecuteView, executeViewSchema } from '@countersign/core';
import { z } from 'zod';
import { parseAnswer } from './answer.ts';
import type { RequestOptions, Transport } from './transport.ts';

/** What comes of a call whose rows are streamed: once the columns, each row, and last the answer without rows. */
export type Streamed =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  /** Each cell the target's own text, masked; or null. */
  | { readonly kind: 'row'; readonly row: readonly (string | null)[] }
  | { readonly kind: 'answer'; readonly answer: ExecuteView };

/** UTF-16 units that a row may have. */
const longestLine = 64 * 1024 * 1024;

const rowSchema = z.array(z.string().nullable());
const columnsSchema = z.strictObject({ columns: z.array(z.string()) });

/**
 * Reads no faster than it is asked. Ends the call where the caller stops before the end.
 *
 * @throws {CountersignError} as {@link Transport.stream}; `unreachable` for a stream without its last line.
 */
export async function* streamedRows(
  http: Transport,
  id: CallId,
  body: unknown,
  { signal }: RequestOptions = {},
): AsyncGenerator<Streamed> {
  const left = new AbortController();
  const stops = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  const path = `v1/calls/${encodeURIComponent(id)}/rows`;
  let answered = false;
  try {
    const bytes = await http.stream({
      method: 'POST',
      path,
      body,
      accept: 'application/x-ndjson',
      signal: stops,
    });
    for await (const line of linesOf(bytes)) {
      const streamed = read(line);
      yield streamed;
      if (streamed.kind === 'answer') {
        answered = true;
        return;
      }
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof CountersignError) throw cause;
    throw new CountersignError('unreachable', { what: http.url }, { cause });
  } finally {
    if (!answered) left.abort();
  }
  throw new CountersignError('unreachable', { what: 'the rows broke off' });
}

function read(line: string): Streamed {
  if (line.startsWith('[')) return { kind: 'row', row: parseAnswer(rowSchema, line) };
  if (line.startsWith('{"columns"'))
    return { kind: 'columns', columns: parseAnswer(columnsSchema, line).columns };
  return { kind: 'answer', answer: parseAnswer(executeViewSchema, line) };
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > longestLine)
      throw new CountersignError('internal', { what: 'the gateway answered a row without an end' });
  }
}
