import { expect, test } from '@jest/globals';
import { supportedMajors } from '../major.ts';
import { catalogQuery } from './query.ts';
import { reliedOnQuery } from './relied-on.ts';

/** Words of SQL that stand before a parenthesis and are no functions, and the names of columns and aliases. */
const words = new Set(
  'join x in any exists values coalesce nullif and or not as on with lateral from case when then else union materialized agg a t m j n k r over filter within'.split(
    ' ',
  ),
);

test.each([
  ...supportedMajors.map((major) => [`the catalog of ${major}`, catalogQuery(major)] as const),
  ['what was relied on', reliedOnQuery({ searchPath: '[]', rows: [] }).text] as const,
])('no function or table that someone could put before the server’s own is used to read %s', (_what, sql) => {
  const calls = [...sql.matchAll(/([\w.]+) ?\(/g)].map((found) => found[1] ?? '');
  expect(calls.filter((name) => !name.startsWith('pg_catalog.') && !words.has(name))).toEqual([]);
  const tables = [...sql.matchAll(/\b(?:from|join) ([\w.]+)/g)].map((found) => found[1] ?? '');
  expect(tables.filter((name) => /^pg_(?!catalog\.)/.test(name))).toEqual([]);
});
