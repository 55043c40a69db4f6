/** The input of a PostgreSQL call: one SQL text and its parameters, exactly as they came. */
import { type CallInput, CountersignError, type Json, maxInputBytes } from '@countersign/core';

export type SqlParameter = string | number | boolean | null;

export interface PostgresInput {
  readonly sql: string;
  readonly params: readonly SqlParameter[];
  /** As people see it, where tokens of it were put back to their values. */
  readonly shown?: { readonly sql: string; readonly params: readonly SqlParameter[] };
}

/**
 * Snapshots the input. Nothing in it is normalised.
 *
 * @throws {CountersignError} `wrong_protocol`; `too_large` beyond a megabyte of text in all; `malformed` for what would
 * reach the server as something else than was judged: a NUL (the server sees the text end there), half a surrogate
 * pair, a number that is none.
 */
export function parseInput(input: CallInput): PostgresInput & Json {
  if (!('sql' in input)) throw new CountersignError('wrong_protocol', { expected: 'sql, and params' });
  const { sql, params = [] } = input;
  if (typeof sql !== 'string' || sql === '') throw malformed('sql without text', 'a statement');
  checkText(sql, 'sql');
  params.forEach((value, index) => {
    if (typeof value === 'string') checkText(value, `params[${index}]`);
    else if (typeof value === 'number' && !Number.isFinite(value))
      throw malformed(`params[${index}] that is no number`, 'a finite number');
  });
  const bytes = [sql, ...params].reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 0),
    0,
  );
  if (bytes > maxInputBytes)
    throw new CountersignError('too_large', { what: `${bytes} bytes`, expected: `at most ${maxInputBytes}` });
  return Object.freeze({ sql, params: Object.freeze([...params]) });
}

/** A parameter as PostgreSQL's text input reads it; its type is the server's to infer. */
export function parameterText(value: SqlParameter): string | null {
  return value === null ? null : String(value);
}

function checkText(text: string, where: string): void {
  if (text.includes('\0')) throw malformed(`a NUL in ${where}`, 'text without NUL');
  if (!text.isWellFormed()) throw malformed(`half a surrogate pair in ${where}`, 'well-formed Unicode');
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
