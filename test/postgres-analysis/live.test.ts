import { readFileSync } from 'node:fs';
import {
  type Catalog,
  catalogQuery,
  createAnalyser,
  readCatalog,
  reliedOnQuery,
  type SqlAnalysis,
} from '@countersign/postgres';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { reads, unknown } from './corpus.ts';

const seed = readFileSync(new URL('../../packages/postgres/src/testing/shop.sql', import.meta.url), 'utf8');
const analyser = createAnalyser();
let server: PostgresServer;
let client: Client;
let catalog: Catalog;

async function loadCatalog(): Promise<Catalog> {
  const { rows } = await client.query<[string]>({ text: catalogQuery(18), rowMode: 'array' });
  return readCatalog(rows[0]?.[0] ?? '', 18);
}
const analyse = (sql: string) => analyser.analyse(sql, catalog, { parameters: 0 });

beforeAll(async () => {
  server = await startPostgres();
  const database = await server.createDatabase({ seed });
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('refresh materialized view totals');
  catalog = await loadCatalog();
}, 60_000);

afterAll(async () => {
  await analyser.close();
  await client.end();
  await server.stop();
});

/** The server's verdict in a read-only transaction that is rolled back: an SQLSTATE, or null. */
async function refusal(sql: string): Promise<string | null> {
  await client.query('begin read only');
  try {
    await client.query({ text: sql, queryMode: 'extended' } as { text: string });
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.query('rollback');
  }
}

/** The labels the server gives. */
async function labels(sql: string): Promise<string[]> {
  await client.query('begin read only');
  try {
    const { fields } = await client.query({ text: sql, rowMode: 'array' });
    return fields.map((field) => field.name);
  } finally {
    await client.query('rollback');
  }
}

describe('what a server does', () => {
  test.each(reads)('runs %j read-only, and labels its columns the same', async (sql) => {
    const found = await analyse(sql);
    expect(found).toMatchObject({
      ok: true,
      statements: [{ readOnly: true, returnsRows: expect.any(Boolean) }],
    });
    expect(await refusal(sql)).toBeNull();
    expect(found.ok && found.lineage.outputs.map((output) => output.name)).toEqual(await labels(sql));
  });

  test.each(unknown)('refuses %j, as the analysis does', async (sql) => {
    expect(await analyse(sql)).toMatchObject({ ok: false, code: 'unknown_object' });
    expect(await refusal(sql)).toMatch(/^(?:42|25006)/);
  });
});

describe('what an analysis relied on', () => {
  async function changed(found: SqlAnalysis): Promise<string[]> {
    if (!found.ok) throw new Error(found.what);
    const { rows } = await client.query<{ catalog: string; oid: string }>(reliedOnQuery(found.reliedOn));
    return rows.map((row) => `${row.catalog} ${row.oid}`);
  }

  test('holds as long as nothing changes', async () => {
    for (const sql of reads) expect(await changed(await analyse(sql))).toEqual([]);
    expect(await changed(await analyse('delete from customers where id = 1'))).toEqual([]);
  });

  test.each([
    [
      'a column is renamed',
      'alter table customers rename column note to remark',
      'alter table customers rename column remark to note',
    ],
    [
      'a column is added',
      'alter table customers add column more int',
      'alter table customers drop column more',
    ],
    [
      'a trigger is made',
      'create trigger later before update on customers for each row execute function audit()',
      'drop trigger later on customers',
    ],
    ['a row policy is made', 'create policy q on customers using (true)', 'drop policy q on customers'],
    [
      'a view is replaced',
      'create or replace view customers_v as select id, name, mail, s from active_customers',
      '',
    ],
    [
      'a table of that name comes first',
      'create schema "$user"; create schema early; create table early.customers (id int)',
      'drop schema early cascade; drop schema "$user"',
    ],
    [
      'a function of that name is made',
      'create function lower(int) returns text language sql as $$ select $1::text $$',
      'drop function lower(int)',
    ],
    [
      'statistics are made',
      'create statistics watched on (lower(note)), name from customers',
      'drop statistics watched',
    ],
    [
      'a domain is given a check',
      'alter domain posint add constraint small check (value < 5)',
      'alter domain posint drop constraint small',
    ],
    [
      'an operator class is made',
      'create operator class watched default for type point using btree as function 1 btint4cmp(int, int)',
      'drop operator family watched using btree',
    ],
    [
      'a comparison is added to a family of operators',
      'create function compares(int, text) returns int language sql as $$ select 1 $$; alter operator family integer_ops using btree add function 1 (int, text) compares(int, text)',
      'alter operator family integer_ops using btree drop function 1 (int, text); drop function compares',
    ],
    ['a cast is made', 'create cast (text as mood) with inout as implicit', 'drop cast (text as mood)'],
    ['the search path is another', 'set search_path to other, public', 'reset search_path'],
  ])('no longer holds when %s', async (_what, change, back) => {
    await client.query('alter table customers add column if not exists note text');
    catalog = await loadCatalog();
    const found = await analyse(
      'select lower(note) from customers where id in (select id from customers_v) and 1::posint > 0 order by note',
    );
    expect(await changed(found)).toEqual([]);
    await client.query(change);
    expect(await changed(found)).not.toEqual([]);
    if (back !== '') await client.query(back);
  });
});
