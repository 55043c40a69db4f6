import { afterAll, expect, test } from '@jest/globals';
import { fingerprintOf } from './fingerprint.ts';
import { Parser } from './parser.ts';

const parser = new Parser();
afterAll(() => parser.close());
const print = async (sql: string) => fingerprintOf(await parser.parse(sql, 18));

test.each([
  ['constants', "select a from t where b = 'x'", 'select a from t where b = 7'],
  ['parameters', 'select a from t where b = $1', 'select a from t where b = 7'],
  ['layout and comments', 'select  a -- x\n from t', 'SELECT a FROM t'],
  ['the length of a list', 'select a from t where b in (1, 2, 3)', 'select a from t where b in (1)'],
  ['the rows of VALUES', 'insert into t values (1, 2), (3, 4)', 'insert into t values (5, 6)'],
])('does not depend on %s', async (_what, one, other) => {
  expect(await print(one)).toBe(await print(other));
});

test.each([
  ['a column', 'select a from t', 'select b from t'],
  ['a table', 'delete from t', 'delete from u'],
  ['a condition', 'delete from t where a = 1', 'delete from t'],
  ['an operator', 'select a from t where b < 1', 'select a from t where b > 1'],
  ['a second statement', 'select 1', 'select 1; select 1'],
])('depends on %s', async (_what, one, other) => {
  expect(await print(one)).not.toBe(await print(other));
});
