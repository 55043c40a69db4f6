/** The statements of `statements.jsonl`: what they would do, by every grammar, and what a server does. */
import { readFileSync } from 'node:fs';
import { type Catalog, catalogQuery, createAnalyser, readCatalog } from '@countersign/postgres';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { catalogs, classOf, judge, type Recorded, recorded } from './statement.ts';

const seed = readFileSync(new URL('world.sql', import.meta.url), 'utf8');
const statements = recorded();
const analyser = createAnalyser();
let server: PostgresServer;
let client: Client;
let all: readonly Catalog[];

beforeAll(async () => {
  server = await startPostgres({ shared: false });
  const { url } = await server.createDatabase({ name: 'world', seed });
  client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    "set search_path = app, public; set statement_timeout = '1s'; set client_min_messages = error",
  );
  const { rows } = await client.query<[string]>({ text: catalogQuery(18), rowMode: 'array' });
  all = catalogs(readCatalog(rows[0]?.[0] ?? '', 18));
}, 60_000);

afterAll(async () => {
  await analyser.close();
  await client.end();
  await server.stop();
});

/** Runs it in a transaction that is rolled back: the SQLSTATE, and whether a transaction id was assigned. */
async function run(sql: string, mode: 'read only' | 'read write'): Promise<{ state: string; xid: boolean }> {
  await client.query(`begin ${mode}`);
  try {
    await client.query({ text: sql, queryMode: 'extended' } as { text: string });
    const { rows } = await client.query<{ xid: string | null }>(
      'select pg_current_xact_id_if_assigned()::text as xid',
    );
    return { state: '', xid: rows[0]?.xid !== null };
  } catch (error) {
    return { state: (error as { code: string }).code, xid: false };
  } finally {
    await client.query('rollback');
  }
}

test('there are more than five hundred statements, and each has an id of its own', () => {
  expect(statements.length).toBeGreaterThan(500);
  expect(new Set(statements.map(({ id }) => id)).size).toBe(statements.length);
});

const groups = Map.groupBy(statements, ({ group }) => group);

describe.each([...groups])('%s', (_group, members) => {
  test('is what a person said, by the newest grammar that knows it', async () => {
    for (const { sql, parameters, majors, is, id } of members) {
      const catalog = all.find(({ major }) => major === majors.at(-1)) as Catalog;
      const found = classOf(await analyser.analyse(sql, catalog, { parameters }));
      expect({ id, sql, is: is.split('+').filter((one) => found.includes(one)) }).toEqual({
        id,
        sql,
        is: is.split('+'),
      });
      if (is === 'read') expect({ id, sql, found }).toEqual({ id, sql, found: ['read'] });
    }
  });

  test('has the effects, the lineage and the verdict that are recorded, by each grammar', async () => {
    for (const statement of members)
      for (const catalog of all) {
        const says = await judge(analyser, catalog, statement);
        if (statement.majors.includes(catalog.major))
          expect({ id: statement.id, ...says }).toEqual(expected(statement));
        else
          expect({ id: statement.id, verdict: says.verdict }).toEqual({ id: statement.id, verdict: 'deny' });
      }
  });
});

function expected({ id, verdict, code, effects, lineage }: Recorded): object {
  return { id, verdict, ...(code === undefined ? { effects, lineage } : { code }) };
}

/** COPY would have the driver send or take its rows. */
const of = (is: string) =>
  statements
    .filter((one) => one.is === is && one.parameters === 0 && !one.sql.startsWith('copy'))
    .map(({ id, sql }) => [id, sql] as const);

describe('a server', () => {
  test.each(of('read'))('runs %s read-only, without a transaction id: %s', async (_id, sql) => {
    expect(await run(sql, 'read only')).toEqual({ state: '', xid: false });
    expect(await run(sql, 'read write')).toEqual({ state: '', xid: false });
  });

  test.each(of('unknown_object'))('does not know what %s names: %s', async (_id, sql) => {
    expect((await run(sql, 'read write')).state).toMatch(/^(?:42|3F|0A)/);
  });

  test.each(of('parse_failed'))('does not parse %s: %s', async (_id, sql) => {
    expect((await run(sql, 'read write')).state).toBe('42601');
  });
});
