/** One line of the JSONL mode: a call, in the fields of its protocol, and an id to find its answer by. */
import {
  type CallInput,
  CountersignError,
  httpInputSchema,
  type Json,
  kubectlInputSchema,
  parseStrictJson,
  purposeSchema,
  sqlInputSchema,
} from '@countersign/core';
import { z } from 'zod';

/** Bytes a line may have, without its line end. */
export const maxLineBytes = 1024 * 1024;

export interface LineRequest {
  /** As it came; null where the line has none. */
  readonly id: string | number | null;
  readonly input: CallInput;
  readonly purpose: string | null;
}

const about = {
  id: z.union([z.string().max(200), z.number(), z.null()]).optional(),
  purpose: purposeSchema.optional(),
};
const byField = [
  ['sql', sqlInputSchema.extend(about)],
  ['argv', kubectlInputSchema.extend(about)],
  ['method', httpInputSchema.extend(about)],
] as const;

/**
 * Reads a line.
 *
 * @throws {CountersignError} `malformed` or `too_large`, with what is wrong.
 */
export function parseRequest(bytes: Uint8Array | null): LineRequest {
  if (bytes === null)
    throw new CountersignError('too_large', { what: 'a line', expected: `at most ${maxLineBytes} bytes` });
  if (bytes.byteLength === 0)
    throw new CountersignError('malformed', { what: 'an empty line', expected: 'one JSON object' });
  return requestOf(parseStrictJson(bytes, { bytes: maxLineBytes }));
}

/**
 * Takes a call apart that came as a JSON value.
 *
 * @throws {CountersignError} `malformed`, with what is wrong.
 */
export function requestOf(value: Json): LineRequest {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new CountersignError('malformed', { what: 'no JSON object', expected: 'one JSON object a line' });
  const known = byField.find(([field]) => Object.hasOwn(value, field));
  if (known === undefined)
    throw new CountersignError('malformed', {
      what: 'an object that is no call',
      expected: '"sql", or "argv", or "method" and "path"',
    });
  const parsed = known[1].safeParse(value);
  if (!parsed.success) throw new CountersignError('malformed', { what: problemOf(parsed.error) });
  const { id = null, purpose = null, ...input } = parsed.data;
  return { id, purpose, input };
}

/** The first thing that is wrong, and where: `params.0: expected string`. Quotes names, never values. */
function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'not a call';
  const where = issue.path.map(String).join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}
