/**
 * A store that an earlier version left behind, with calls at every place where they wait: the newest version brings it up
 * to date, and each call goes on from where it stood. A store of an earlier version is made of that version's migrations
 * and the rows of a store of today.
 */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CallView } from '@countersign/core';
import { type Gateway, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { migrations } from '../../packages/gateway/src/store/migrate.ts';
import { execute, rules, seed, submit, vote } from '../gateway/harness.ts';
import { until } from '../support/until.ts';
import {
  balances,
  dropFolder,
  newFolder,
  observe,
  type People,
  peopleOf,
  record,
  startOn,
} from './support.ts';

const earlier = migrations.slice(0, -1).map(({ number }) => number);
/** A start of the embedded store takes seconds; it runs the same migrations, so the first and the last stand for all. */
const firstAndLast = [...new Set([...earlier.slice(0, 1), ...earlier.slice(-1)])];

let server: PostgresServer;
let target: TestDatabase;
let atTarget: Client;
/** Where the calls were left, and where a case finds them: with the keys as they were then. */
let madeIn: string;
let folder: string;
let open: Gateway[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  folder = newFolder();
  for (const name of readdirSync(madeIn).filter((one) => one.startsWith('keys')))
    cpSync(join(madeIn, name), join(folder, name));
  // Of all the writes only that of the claimed call had happened.
  await atTarget.query('update accounts set balance = 100 where id in (1, 2); delete from notes');
  expect(await balances(atTarget, 1, 2, 3)).toEqual([100, 100, 101]);
});
afterEach(async () => {
  for (const gateway of open) await gateway.close();
  open = [];
  dropFolder(folder);
});

/** A database, however it is reached. */
interface Place {
  run(statements: string): Promise<unknown>;
  rows(text: string, values?: unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const inPglite = (pglite: PGlite): Place => ({
  run: (statements) => pglite.exec(statements),
  rows: async (text, values = []) => (await pglite.query<Record<string, unknown>>(text, values)).rows,
});
const inPostgres = (client: Client): Place => ({
  run: (statements) => client.query(statements),
  rows: async (text, values = []) => (await client.query<Record<string, unknown>>(text, values)).rows,
});

/** As a version left it whose newest migration was this one. */
async function asOf(version: number, from: Place, to: Place): Promise<void> {
  await to.run(
    'create table migrations (number integer primary key, at timestamptz not null default clock_timestamp())',
  );
  for (const { number, statements } of migrations.slice(0, version)) {
    await to.run(statements);
    await to.rows('insert into migrations (number) values ($1)', [number]);
  }
  const order = [
    'meta',
    'runs',
    'tokens',
    'calls',
    'approvals',
    'votes',
    'stops',
    'events',
    'contents',
    'heads',
  ];
  const tables = await to.rows(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations'",
  );
  const names = tables.map(({ name }) => String(name)).sort((a, b) => order.indexOf(a) - order.indexOf(b));
  for (const name of names) {
    const [all] = await from.rows(
      `select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text as rows from ${name} t`,
    );
    await to.rows(
      `insert into ${name} overriding system value select * from jsonb_populate_recordset(null::${name}, $1::text::jsonb)`,
      [all?.['rows']],
    );
  }
  await to.run(
    "select setval(pg_get_serial_sequence('events', 'ordinal'), (select max(ordinal) from events))",
  );
}

interface Left {
  readonly tokensOf: People;
  readonly waiting: CallView;
  readonly approved: CallView;
  readonly allowed: CallView;
  readonly claimed: CallView;
}

const plusOne = (id: number): string => `update accounts set balance = balance + 1 where id = ${id}`;

/** Calls at every place where they can wait; the claimed one had run when its gateway died. */
async function leaveCalls(gateway: Gateway): Promise<Left> {
  const people = await peopleOf(gateway);
  const agent = people.agent();
  const waiting = await submit(agent, plusOne(1));
  const approved = await submit(agent, plusOne(2));
  await vote(people.dana(), approved);
  const allowed = await submit(agent, "insert into notes (body) values ('from before')");
  const claimed = await submit(agent, plusOne(3));
  await vote(people.dana(), claimed);
  expect(await execute(agent, claimed)).toMatchObject({ outcome: 'succeeded' });
  await gateway.engine.ledger.settled();
  return { tokensOf: people, waiting, approved, allowed, claimed };
}

const putBack = `update calls set state = 'claimed', owner_instance = 'gw_dead', finished_at = null, result_event = null,
  heartbeat_at = clock_timestamp() - interval '1 hour' where id = $1`;

async function goesOn({ tokensOf: people, ...left }: Left, one: Gateway, other = one): Promise<void> {
  await vote(people.dana(one), left.waiting);
  for (const call of [left.waiting, left.approved, left.allowed]) {
    expect(await execute(people.agent(other), call)).toMatchObject({ outcome: 'succeeded' });
    expect(await execute(people.agent(one), call)).toMatchObject({ outcome: 'succeeded' });
  }
  await until(async () => (await execute(people.agent(one), left.claimed)).outcome !== 'in_progress');
  expect(await execute(people.agent(other), left.claimed)).toMatchObject({
    outcome: 'succeeded',
    result: null,
  });
  expect(await balances(atTarget, 1, 2, 3)).toEqual([101, 101, 101]);
  expect((await atTarget.query("select 1 from notes where body = 'from before'")).rowCount).toBe(1);
}

describe('a store that an earlier version left, with calls waiting, approved, allowed and claimed,', () => {
  let left: Left;
  const newTarget = async () => {
    madeIn = newFolder();
    target = await server.createDatabase({ seed });
    atTarget = await observe(target.url);
  };
  const dropTarget = async () => {
    await atTarget.end();
    dropFolder(madeIn);
  };

  describe('on PostgreSQL,', () => {
    let from: Client;
    beforeAll(async () => {
      await newTarget();
      const today = await server.createDatabase();
      const maker = await startOn({ target: target.url, store: today.url, folder: madeIn }, 'maker');
      left = await leaveCalls(maker);
      await maker.close();
      from = await observe(today.url);
    });
    afterAll(async () => {
      await from.end();
      await dropTarget();
    });

    test.each(earlier)(
      'of schema %d, is brought up to date by two gateways at once, and each call goes on, once',
      async (version) => {
        const then = await server.createDatabase();
        const to = await observe(then.url);
        await asOf(version, inPostgres(from), inPostgres(to));
        await to.query(putBack, [left.claimed.id]);
        await to.end();
        const place = { target: target.url, store: then.url, folder };
        open = await Promise.all([startOn(place, 'one'), startOn(place, 'two')]);
        const [one, two] = open as [Gateway, Gateway];
        await goesOn(left, one, two);
        const { events, of } = await record(two, folder);
        for (const call of [left.waiting, left.approved, left.claimed])
          expect(of(call).filter((type) => type === 'call.claimed')).toHaveLength(1);
        expect(events.map(({ type }) => type)).not.toContain('ledger.gap');
      },
    );
  });

  describe('on the embedded store,', () => {
    const startIn = (home: string): Promise<Gateway> =>
      startGateway({
        file: parsePolicyFile(`${rules}\nserver: { data: data }\n`, {
          file: 'countersign.yaml',
          env: { BANK_URL: target.url },
          directory: home,
        }),
        keys: join(home, 'keys'),
        listen: { host: '127.0.0.1', port: 0 },
        logLevel: 'silent',
      });
    let from: PGlite;
    beforeAll(async () => {
      await newTarget();
      const maker = await startIn(madeIn);
      left = await leaveCalls(maker);
      await maker.close();
      from = await PGlite.create({ dataDir: join(madeIn, 'data', 'store') });
    });
    afterAll(async () => {
      await from.close();
      await dropTarget();
    });

    test.each(firstAndLast)(
      'of schema %d, is brought up to date, and each call goes on, once',
      async (version) => {
        mkdirSync(join(folder, 'data'), { mode: 0o700 });
        const to = await PGlite.create({ dataDir: join(folder, 'data', 'store') });
        await asOf(version, inPglite(from), inPglite(to));
        await to.query(putBack, [left.claimed.id]);
        await to.close();
        const gateway = await startIn(folder);
        open = [gateway];
        await goesOn(left, gateway);
        const { events } = await record(gateway, folder);
        expect(events.map(({ type }) => type)).not.toContain('ledger.gap');
      },
    );
  });
});
