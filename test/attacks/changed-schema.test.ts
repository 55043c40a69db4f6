import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { Target } from '../../packages/gateway/src/protocols/protocol.ts';
import { connect, contextOf } from '../postgres/support.ts';
import { until } from '../support/until.ts';

const seed = `
create table people (id int primary key, name text);
insert into people values (1, 'in public');
create schema aside;
create table aside.people (id int primary key, name text);
insert into aside.people values (1, 'aside');
create function greeting() returns text language sql immutable as $$ select 'hello' $$;
`;

let server: PostgresServer;
let observer: Client;
let target: Target;
beforeAll(async () => {
  server = await startPostgres({ shared: false, settings: { max_prepared_transactions: '2' } });
  const { url } = await server.createDatabase({ seed });
  observer = new Client({ connectionString: url });
  await observer.connect();
  target = connect({ url });
});
afterAll(async () => {
  await target.close();
  await observer.end();
  await server.stop();
});

/** Analyses once, and executes until the gateway's connection has seen that nothing changes. */
async function settledRead(sql: string) {
  const input = target.parse({ sql });
  const analysis = await target.analyse(input, new AbortController().signal);
  const again = () => target.execute(input, analysis, contextOf());
  for (let times = 0; times < 3; times++) {
    expect(await again()).toMatchObject({ outcome: 'succeeded' });
    await until(async () => {
      const { rows } = await observer.query(
        "select 1 from pg_stat_activity where application_name = 'countersign' and state <> 'idle'",
      );
      return rows.length === 0;
    });
  }
  return again;
}

describe('never 17: a read that was analysed under another schema releases no row', () => {
  test('where the server’s configuration leads its names elsewhere', async () => {
    const read = await settledRead('select name from people');
    await observer.query('alter system set search_path = aside, public');
    await observer.query('select pg_reload_conf()');
    await until(async () => {
      const { rows } = await observer.query<{ path: string }>(
        "select current_setting('search_path') as path",
      );
      return rows[0]?.path === 'aside, public';
    });
    const execution = await read();
    await observer.query('alter system reset search_path');
    await observer.query('select pg_reload_conf()');
    expect(execution).toMatchObject({ outcome: 'failed', code: 'schema_changed' });
  });

  const otherBody = 'create or replace function greeting() returns text language sql immutable as';
  test.each([
    ['a function was replaced', ['begin', `${otherBody} $$ select 'one' $$`], ['commit']],
    [
      'a function was replaced within a savepoint',
      ['begin', 'savepoint s', `${otherBody} $$ select 'two' $$`, 'release savepoint s'],
      ['commit'],
    ],
    [
      'a function was replaced by a prepared transaction',
      ['begin', `${otherBody} $$ select 'three' $$`, "prepare transaction 'greeting'"],
      ["commit prepared 'greeting'"],
    ],
    [
      'a function of that name was made beside it',
      ['create function greeting(int) returns text return 1'],
      [],
    ],
  ] as const)('where %s', async (_, open, end) => {
    const read = await settledRead('select greeting()');
    for (const text of open) await observer.query(text);
    // What is not committed yet is no change.
    if (end.length > 0) expect(await read()).toMatchObject({ outcome: 'succeeded' });
    for (const text of end) await observer.query(text);
    expect(await read()).toMatchObject({ outcome: 'failed', code: 'schema_changed' });
  });

  test.each([
    ['row level security was turned on', 'alter table people enable row level security'],
    ['a right was given', 'grant select on people to pg_monitor'],
    ['a schema came into the path that was not there', 'create schema postgres'],
  ])('where %s', async (_, ddl) => {
    const read = await settledRead('select name from people');
    await observer.query(ddl);
    const execution = await read();
    expect(execution).toMatchObject({ outcome: 'failed', code: 'schema_changed' });
  });
});
