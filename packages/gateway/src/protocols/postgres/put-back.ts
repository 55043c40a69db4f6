/** Tokens in a statement: where they are written as they stand, and the statement with their values in their places. */
import type { Json } from '@countersign/core';
import { masksIn } from '../../masking/replacements.ts';
import type { PlacedText } from '../protocol.ts';
import type { PostgresInput } from './input.ts';
import type { Reach } from './reach.ts';

/** The texts that an INSERT or UPDATE brings and writes to a column as they are. */
export async function placedTexts(
  { analyser, catalogs, closing }: Reach,
  { sql, params }: PostgresInput,
  signal: AbortSignal,
): Promise<readonly PlacedText[]> {
  const catalog = await catalogs.current(() => AbortSignal.any([signal, closing]));
  const placed = await analyser.placedValues(sql, catalog);
  return placed.flatMap(({ value, column }): readonly PlacedText[] => {
    const text = 'text' in value ? value.text : params[value.parameter - 1];
    return typeof text === 'string' ? [{ text, column }] : [];
  });
}

/**
 * A token as a constant of its own. Before it stands what can't be part of the constant: an `E` or `U&` would read the
 * value's backslashes.
 */
const constant = /(?<=[\s(,=])'(\[token:[a-p]{24}\])'(?!')/g;

/** The input with these tokens' values; null where a token stands in the text in another way than as a plain constant. */
export function putBack(
  input: PostgresInput,
  values: ReadonlyMap<string, string>,
): (PostgresInput & Json) | null {
  const { sql, params } = input;
  let found = 0;
  const text = sql.replace(constant, (whole, token: string) => {
    const value = values.get(token);
    if (value === undefined) return whole;
    found++;
    return `'${value.replaceAll("'", "''")}'`;
  });
  if (found !== masksIn(sql).length) return null;
  return Object.freeze({
    sql: text,
    params: Object.freeze(
      params.map((param) => (typeof param === 'string' ? (values.get(param) ?? param) : param)),
    ),
    shown: Object.freeze({ sql, params }),
  });
}
