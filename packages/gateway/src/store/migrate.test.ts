import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { migrate, newestSchema } from './migrate.ts';
import { first } from './migrations/0001-first.ts';
import type { Database } from './store.ts';

let pglite: PGlite;
let db: Database;
beforeAll(async () => {
  pglite = await PGlite.create();
  db = new Kysely({ dialect: new PGliteDialect({ pglite }) });
}, 60_000);
afterAll(() => db.destroy());

test('a store of the first version with a call that waits is brought up to date, and the call still waits', async () => {
  await pglite.exec(`${first}
    create table migrations (number integer primary key, at timestamptz not null default clock_timestamp());
    insert into migrations (number) values (1);
    insert into runs (id, principal, run) values ('run_1', 'agent:support', 'r');
    insert into calls (id, principal, run, run_id, tool, call, connection, protocol, input_digest, input_key, effect_key,
                       writes, state, code, record_event, start_within_ms)
    values ('call_1', 'agent:support', 'r', 'run_1', 't', 'c', 'shop-db', 'postgres', 'd', 'k', 'e',
            true, 'waiting', 'needs_approval', 'evt_1', 1000);`);
  await migrate(db);
  await migrate(db);
  const { rows } = await sql`
    select (select state from calls) as state, (select max(number) from migrations) as number,
           (select count(*)::int from parked_runs) as parked`.execute(db);
  expect(rows).toEqual([{ state: 'waiting', number: newestSchema, parked: 0 }]);
});

test('a store of a newer version is left alone', async () => {
  await pglite.exec('insert into migrations (number) values (99)');
  await expect(migrate(db)).rejects.toMatchObject({
    code: 'data_damaged',
    message: expect.stringMatching(
      `the store has schema 99; expected at most ${newestSchema}; use a newer version`,
    ),
  });
});
