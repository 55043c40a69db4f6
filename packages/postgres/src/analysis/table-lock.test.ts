import { expect, test } from '@jest/globals';
import { Parser } from '../parser/parser.ts';
import { tableLock } from './table-lock.ts';

const parser = new Parser();

test.each([
  ['select 1 from t', 'ACCESS SHARE', 'no'],
  ['select 1 from t for update', 'ROW SHARE', 'no'],
  ['update t set a = 1', 'ROW EXCLUSIVE', 'no'],
  ['create index on t (a)', 'SHARE', 'no'],
  ['create index concurrently on t (a)', 'SHARE UPDATE EXCLUSIVE', 'no'],
  ['alter table t add column b int', 'ACCESS EXCLUSIVE', 'no'],
  ['alter table t add column b int default random()', 'ACCESS EXCLUSIVE', 'perhaps'],
  ['alter table t alter a type bigint', 'ACCESS EXCLUSIVE', 'perhaps'],
  ['alter table t set unlogged', 'ACCESS EXCLUSIVE', 'yes'],
  ['alter table t validate constraint c', 'SHARE UPDATE EXCLUSIVE', 'no'],
  ['alter table t validate constraint c, set unlogged', 'ACCESS EXCLUSIVE', 'yes'],
  ['alter table t add foreign key (a) references u', 'SHARE ROW EXCLUSIVE', 'no'],
  ['alter table t disable trigger x', 'SHARE ROW EXCLUSIVE', 'no'],
  ['drop table t', 'ACCESS EXCLUSIVE', 'no'],
  ['truncate t', 'ACCESS EXCLUSIVE', 'no'],
  ['refresh materialized view v', 'ACCESS EXCLUSIVE', 'yes'],
  ['refresh materialized view concurrently v', 'EXCLUSIVE', 'no'],
])('%s takes %s and rewrites: %s', async (sql, mode, rewrites) => {
  for (const major of [15, 18] as const) {
    const [raw] = await parser.parse(sql, major);
    expect(raw && tableLock(raw.stmt)).toEqual({ mode, rewrites });
  }
});

test('what is made anew locks no table there was', async () => {
  const [raw] = await parser.parse('create table t (a int)', 18);
  expect(raw && tableLock(raw.stmt)).toBeNull();
});
