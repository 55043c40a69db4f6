/**
 * What a gateway leaves behind, and what the next one on its data folder finds. These are the promises of the embedded
 * store, whose folder one process has at a time; test/store holds a PostgreSQL store to its own, and
 * test/fault/crash-schedule*.test.ts kills processes on both.
 */
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@countersign/client';
import type { CallView } from '@countersign/core';
import { type Gateway, startGateway, systemRuntime, verifyLedger } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { Client } from 'pg';
import { type Doomed, endOf, startDoomed } from '../fault/crash-schedule-gateways.ts';
import { fast } from '../store/support.ts';
import { until } from '../support/until.ts';
import { execute, refusal, rules, seed, submit, vote } from './harness.ts';

let server: PostgresServer;
let database: TestDatabase;
let observer: Client;
let folder: string;
let template: string;
let open: Gateway[] = [];
let children: ChildProcess[] = [];

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase({ seed });
  observer = new Client({ connectionString: database.url });
  await observer.connect();
  folder = mkdtempSync(join(tmpdir(), 'countersign-template-'));
  await stop(await start());
  template = folder;
});
afterAll(async () => {
  rmSync(template, { recursive: true, force: true });
  await observer.end();
  await server.stop();
});
afterEach(async () => {
  await Promise.all(children.map(endOf));
  children = [];
  for (const gateway of open) await gateway.close();
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

const policyText = `${rules}\nserver: { data: data }\n`;

function load(target: string) {
  return parsePolicyFile(policyText, {
    file: 'countersign.yaml',
    env: { BANK_URL: target },
    directory: folder,
  });
}

async function start(target = database.url, runtime = systemRuntime): Promise<Gateway> {
  const gateway = await startGateway({
    file: load(target),
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
    runtime,
  });
  open.push(gateway);
  return gateway;
}

async function stop(gateway: Gateway): Promise<void> {
  open = open.filter((one) => one !== gateway);
  await gateway.close();
}

/** A copy of a store that was made once: making one takes seconds. */
const freshFolder = () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-durability-'));
  cpSync(template, folder, { recursive: true });
};

/** A gateway in a process of its own, which can be killed: it never comes to the moment at which it would end itself. */
async function startProcess(): Promise<Doomed> {
  writeFileSync(join(folder, 'countersign.yaml'), policyText);
  const doomed = await startDoomed(folder, 'unpark.before', { BANK_URL: database.url });
  if (doomed === null) throw new Error('the gateway died at its start');
  children.push(doomed.child);
  return doomed;
}

/** Puts the store that a gateway left back to the moment between COMMIT and outcome. */
async function putBack({ id }: CallView): Promise<void> {
  const store = await PGlite.create({ dataDir: join(folder, 'data', 'store') });
  await store.query(
    `update calls set state = 'claimed', owner_instance = 'gw_dead', finished_at = null, result_event = null
     where id = $1`,
    [id],
  );
  await store.close();
}

const balance = async (id: number) =>
  (await observer.query<{ balance: number }>('select balance from accounts where id = $1', [id])).rows[0]
    ?.balance;

describe('the data folder', () => {
  test('a second process on one folder gets a clear error, and the first goes on', async () => {
    freshFolder();
    const { url } = await startProcess();
    await expect(start()).rejects.toMatchObject({
      code: 'data_locked',
      message: expect.stringContaining('one gateway at a time'),
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test('what only its owner may read has mode 0600', async () => {
    freshFolder();
    const gateway = await start();
    for (const name of ['keys', 'gateway.json'])
      expect(statSync(join(folder, 'data', name)).mode & 0o777).toBe(0o600);
    await stop(gateway);
    expect(existsSync(join(folder, 'data', 'gateway.json'))).toBe(false);
  });

  test('a call that waits survives a restart, and runs after the vote', async () => {
    freshFolder();
    const first = await start();
    const tokens = await people(first.url, first.operatorToken);
    const call = await submit(tokens.agent(first.url), 'update accounts set balance = 1 where id = 1');
    await stop(first);
    const second = await start();
    await vote(tokens.dana(second.url), call);
    expect(await execute(tokens.agent(second.url), call)).toMatchObject({ outcome: 'succeeded' });
    expect(await balance(1)).toBe(1);
  });
});

async function people(url: string, operatorToken: string | null) {
  const operator = createClient({ url, token: operatorToken ?? '' });
  const agent = (
    await operator.mintToken({ class: 'agent', name: 'teller', groups: ['agents'], owner: 'olivia' })
  ).token;
  const dana = (await operator.mintToken({ class: 'person', name: 'dana' })).token;
  return {
    agent: (at: string) => createClient({ url: at, token: agent }),
    dana: (at: string) => createClient({ url: at, token: dana }),
  };
}

describe('kill -9', () => {
  test('in the middle of a write: the target undid it, and recovery says so', async () => {
    freshFolder();
    const first = await startProcess();
    const tokens = await people(first.url, first.operatorToken);
    const call = await submit(
      tokens.agent(first.url),
      'update accounts set balance = 0 where id in (10, 11)',
    );
    await vote(tokens.dana(first.url), call);
    const blocker = new Client({ connectionString: database.url });
    await blocker.connect();
    await blocker.query('begin; select 1 from accounts where id = 11 for update');
    const lost = execute(tokens.agent(first.url), call).catch((error: { code?: string }) => error.code);
    await until(
      async () =>
        (
          await observer.query(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update accounts%'",
          )
        ).rows.length > 0,
    );
    await endOf(first.child);
    expect(await lost).toBe('unreachable');
    const second = await start();
    expect(await execute(tokens.agent(second.url), call)).toMatchObject({
      outcome: 'failed',
      error: { ran: 'rolled_back' },
    });
    await blocker.end();
    expect([await balance(10), await balance(11)]).toEqual([100, 100]);
  });

  test('never 19: after the commit, before the outcome was recorded: recovery finds that it happened, and it happens once', async () => {
    freshFolder();
    const first = await startProcess();
    const tokens = await people(first.url, first.operatorToken);
    const call = await submit(
      tokens.agent(first.url),
      'update accounts set balance = balance - 1 where id = 12',
    );
    await vote(tokens.dana(first.url), call);
    expect(await execute(tokens.agent(first.url), call)).toMatchObject({ outcome: 'succeeded' });
    await endOf(first.child);
    // The kill came too late for this, so the store is put back by hand to the moment between COMMIT and outcome.
    // test/fault/crash-schedule.test.ts has a process die there.
    await putBack(call);
    const second = await start();
    const done = await execute(tokens.agent(second.url), call);
    expect(done).toMatchObject({ outcome: 'succeeded', result: null, error: { code: 'result_expired' } });
    expect(await balance(12)).toBe(99);
  });

  test('the ledger of a gateway that was killed again and again verifies, and no acknowledged call is missing', async () => {
    freshFolder();
    const calls: string[] = [];
    let tokens: Awaited<ReturnType<typeof people>> | null = null;
    for (let round = 0; round < 2; round++) {
      const gateway = await startProcess();
      tokens ??= await people(gateway.url, gateway.operatorToken);
      const agent = tokens.agent(gateway.url);
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const call = await submit(agent, 'select 1');
          calls.push(call.id);
          await execute(agent, call);
        }),
      );
      await endOf(gateway.child);
    }
    const last = await start();
    const operator = createClient({ url: last.url, token: last.operatorToken ?? '' });
    const lines = (await operator.events({ limit: 10_000 })).map((line) => JSON.stringify(line));
    expect(await verifyLedger(lines, { publicKey: last.engine.keys.publicKeyPem })).toMatchObject({
      verdict: 'consistent',
    });
    const text = lines.join('\n');
    for (const call of calls) expect(text).toContain(call);
  });
});

test('recovery waits for a target that is down, and then tells the truth', async () => {
  freshFolder();
  const first = await startProcess();
  const tokens = await people(first.url, first.operatorToken);
  const call = await submit(tokens.agent(first.url), 'update accounts set balance = 42 where id = 20');
  await vote(tokens.dana(first.url), call);
  expect(await execute(tokens.agent(first.url), call)).toMatchObject({ outcome: 'succeeded' });
  await endOf(first.child);
  await putBack(call);
  // The next gateway reaches the database by a port where nobody listens yet.
  const { hostname, port } = new URL(database.url);
  const road = createServer((socket) => {
    const onward = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      one.pipe(other).on('error', () => one.destroy());
  });
  const free = await listenOnce(road, 0);
  await new Promise((resolve) => road.close(resolve));
  const detour = new URL(database.url);
  detour.port = String(free);
  const second = await start(detour.href, fast(10));
  const agent = tokens.agent(second.url);
  expect((await execute(agent, call)).outcome).toBe('in_progress');
  await listenOnce(road, free);
  await until(async () => (await execute(agent, call)).outcome !== 'in_progress');
  expect(await execute(agent, call)).toMatchObject({ outcome: 'succeeded' });
  await stop(second);
  await new Promise((resolve) => road.close(resolve));
});

const listenOnce = (server: Server, port: number): Promise<number> =>
  new Promise((resolve) =>
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );

describe('a store that lost its latest writes', () => {
  test('never 48: behind the last signed head, what was allowed expires and the ledger says that there is a gap', async () => {
    freshFolder();
    const first = await start();
    const tokens = await people(first.url, first.operatorToken);
    const call = await submit(tokens.agent(first.url), 'select 1');
    await first.engine.ledger.settled();
    await stop(first);
    const headFile = join(folder, 'data', 'keys.head');
    const head = JSON.parse(readFileSync(headFile, 'utf8')) as { size: number };
    writeFileSync(headFile, JSON.stringify({ ...head, size: head.size + 10 }), { mode: 0o600 });
    const second = await start();
    expect(await execute(tokens.agent(second.url), call)).toMatchObject({
      outcome: 'not_executed',
      call: { state: 'expired' },
    });
    const operator = createClient({ url: second.url, token: second.operatorToken ?? '' });
    expect(JSON.stringify(await operator.events({ limit: 10_000 }))).toContain('ledger.gap');
  });

  test('after another boot of the machine, what was allowed expires', async () => {
    freshFolder();
    const first = await start();
    const tokens = await people(first.url, first.operatorToken);
    const call = await submit(tokens.agent(first.url), 'select 1');
    const ran = await submit(tokens.agent(first.url), "insert into notes (body) values ('before the boot')");
    expect(await execute(tokens.agent(first.url), ran)).toMatchObject({ outcome: 'succeeded' });
    await sql`update calls set state = 'claimed', owner_instance = 'gw_dead', finished_at = null, result_event = null where id = ${ran.id}`.execute(
      first.engine.store.db,
    );
    await sql`update meta set value = 'an earlier boot' where name = 'boot'`.execute(first.engine.store.db);
    await stop(first);
    const second = await start();
    expect(await execute(tokens.agent(second.url), call)).toMatchObject({
      outcome: 'not_executed',
      call: { state: 'expired' },
    });
    // The target could tell, but not whether the store has the latest word: it is a person's to settle.
    expect(await execute(tokens.agent(second.url), ran)).toMatchObject({ outcome: 'unknown' });
    const operator = createClient({ url: second.url, token: second.operatorToken ?? '' });
    const [gap] = (await operator.events({ limit: 10_000 })).flatMap((line) =>
      'event' in line && line.event.includes('"ledger.gap"') ? [JSON.parse(line.event) as object] : [],
    );
    expect(gap).toMatchObject({ data: { why: 'another_boot', expired: 1, unknown: 1 } });
  });
});

describe('a store that fails', () => {
  test('never 14: calls are refused with a code, nothing runs, and it goes on when the store is back', async () => {
    freshFolder();
    const gateway = await start();
    const tokens = await people(gateway.url, gateway.operatorToken);
    const agent = tokens.agent(gateway.url);
    const ready = await submit(agent, "insert into notes (body) values ('store down')");
    const { db } = gateway.engine.store;
    await sql`alter table calls rename to calls_gone`.execute(db);
    expect(await refusal(submit(agent, 'select 1'))).toBe('unavailable');
    expect(await refusal(execute(agent, ready))).toBe('unavailable');
    expect((await observer.query("select 1 from notes where body = 'store down'")).rows).toEqual([]);
    await sql`alter table calls_gone rename to calls`.execute(db);
    expect(await execute(agent, ready)).toMatchObject({ outcome: 'succeeded' });
    expect((await observer.query("select 1 from notes where body = 'store down'")).rows).toHaveLength(1);
  });
});
