import { readFileSync } from 'node:fs';
import { type Catalog, catalogQuery, createAnalyser, readCatalog } from '@countersign/postgres';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { reads } from './corpus.ts';

const seed = readFileSync(new URL('../../packages/postgres/src/testing/shop.sql', import.meta.url), 'utf8');
const rows = `
  insert into customers (id, name, email, ssn, card_number, created_at)
    select i, 'n' || i % 3, 'e' || i, 's' || i % 4, 'c' || i, now() - i * interval '1 hour' from generate_series(1, 6) i;
  insert into orders (customer_id, total, status, note)
    select 1 + i % 6, i, 'st' || i % 2, 'n' || i % 3 from generate_series(1, 8) i;
  insert into order_items select id, 'n' || id % 3, id from orders;
  insert into things (id, m, a, p) values (1, 'a', ('street', 'zip'), 2);
  insert into measure values ('2024-05-05', 3, 'q');
  refresh materialized view totals`;

/** Columns, and other values for them. */
const changes: readonly (readonly [table: string, column: string, value: string])[] = [
  ['customers', 'ssn', "'9' || md5(ssn)"],
  ['customers', 'email', "'0' || email"],
  ['customers', 'name', "'zz' || length(name) || id % 2"],
  ['customers', 'card_number', "'7' || id"],
  ['orders', 'note', "'zz' || id % 2"],
  ['orders', 'total', 'total * 7 + 1'],
  ['orders', 'status', "'0' || id"],
  ['order_items', 'sku', "'y' || qty % 2"],
  ['measure', 'secret', "'r'"],
  ['things', 'p', '7'],
];

const analyser = createAnalyser();
let server: PostgresServer;
let client: Client;
let catalog: Catalog;

beforeAll(async () => {
  server = await startPostgres();
  const database = await server.createDatabase({ seed: `${seed};${rows}` });
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query("set statement_timeout = '2s'");
  const { rows: found } = await client.query<[string]>({ text: catalogQuery(18), rowMode: 'array' });
  catalog = readCatalog(found[0]?.[0] ?? '', 18);
}, 60_000);

afterAll(async () => {
  await analyser.close();
  await client.end();
  await server.stop();
});

/** The values of each output column, in no order; null where the statement fails. */
async function valuesOf(sql: string): Promise<string[][] | null> {
  await client.query('savepoint before');
  try {
    const { fields, rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return fields.map((_, i) => rows.map((row) => JSON.stringify(row[i])).sort());
  } catch {
    return null;
  } finally {
    await client.query('rollback to before');
  }
}

/** What differs from one run to the next anyway: chance, clocks, where a row lies. And a walk that these rows make endless. */
const unsteady =
  /random|clock|uuid|ctid|xmin|pg_|tablesample|explain analyze|now\(\)|localtimestamp|recursive t as/;

test.each(reads.filter((sql) => !unsteady.test(sql)))(
  'an output of %j changes with the columns it is said to come from, and no others',
  async (sql) => {
    const found = await analyser.analyse(sql, catalog, { parameters: 0 });
    if (!found.ok) throw new Error(found.what);
    const { outputs, uses } = found.lineage;
    await client.query('begin');
    try {
      const before = await valuesOf(sql);
      for (const [table, column, value] of changes) {
        const name = `column:public.${table}.${column}` as const;
        if (uses.some((use) => use.column === name)) continue;
        await client.query('savepoint change');
        await client.query(`update ${table} set ${column} = ${value}`);
        const after = await valuesOf(sql);
        await client.query('rollback to change');
        if (before === null || after === null) continue;
        const changed = outputs.filter((_, i) => JSON.stringify(after[i]) !== JSON.stringify(before[i]));
        for (const output of changed)
          expect(output.proven ? output.sources.map((source) => source.column) : [name]).toContain(name);
      }
    } finally {
      await client.query('rollback');
    }
  },
);
