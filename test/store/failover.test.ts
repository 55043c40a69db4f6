/**
 * The store's server dies and comes back, or a standby takes its place. What the store still knows goes on; what it may
 * have forgotten may not run again: then every allowed or approved call expires, every open claim is unknown, and the
 * ledger says that there is a gap.
 */
import type { CallView } from '@countersign/core';
import { type Gateway, verifyLedger } from '@countersign/gateway';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { execute, refusal, seed, submit, vote } from '../gateway/harness.ts';
import { TcpProxy } from '../postgres/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { type Pair, startPair } from './standby.ts';
import {
  balances,
  dropFolder,
  fast,
  holdAccount,
  newFolder,
  observe,
  type People,
  peopleOf,
  record,
  startOn,
  type Told,
  untilHeld,
} from './support.ts';

let server: PostgresServer;
let target: TestDatabase;
let atTarget: Client;
let folder: string;
let gateway: Gateway;
let people: People;

beforeAll(async () => {
  server = await startPostgres();
  target = await server.createDatabase({ seed });
  atTarget = await observe(target.url);
});
afterAll(async () => {
  await atTarget.end();
  await server.stop();
});
beforeEach(() => {
  folder = newFolder();
});
afterEach(async () => {
  await gateway.close();
  dropFolder(folder);
});

const plusOne = (id: number): string => `update accounts set balance = balance + 1 where id = ${id}`;

async function approved(id: number): Promise<CallView> {
  const call = await submit(people.agent(), plusOne(id));
  await vote(people.dana(), call);
  return call;
}

/** Executes until there is an answer: the store may be on its way back. */
async function answered(call: CallView) {
  await until(async () => (await refusal(execute(people.agent(), call))) !== 'unavailable');
  await until(async () => (await execute(people.agent(), call)).outcome !== 'in_progress');
  return execute(people.agent(), call);
}

const gapsIn = (events: readonly Told[]) =>
  events.filter(({ type }) => type === 'ledger.gap').map(({ data }) => data);

describe('a store whose server crashes', () => {
  let own: PostgresServer;
  beforeAll(async () => {
    own = await startPostgres({ shared: false });
  });
  afterAll(() => own.stop());

  test.each(['immediate', 'kill -9'] as const)(
    'never 49, 50: and comes back (%s): what waits, what is approved and what runs is all still there',
    async (how) => {
      const ids = how === 'immediate' ? [1, 2, 3] : [4, 5, 6];
      const [waits, decided, runs] = ids as [number, number, number];
      const store = await own.createDatabase();
      gateway = await startOn({ target: target.url, store: store.url, folder }, 'one', fast(5));
      people = await peopleOf(gateway);
      const waiting = await submit(people.agent(), plusOne(waits));
      const ready = await approved(decided);
      const running = await approved(runs);
      const letGo = await holdAccount(target.url, runs);
      const first = execute(people.agent(), running).catch((error: { code?: string }) => error.code);
      await untilHeld(atTarget, plusOne(runs));
      const answer = people
        .agent()
        .getCall(waiting.id, { wait: 20 })
        .catch((error: { code?: string }) => error.code);
      if (how === 'kill -9') await killPostmaster(store.url);
      await restart(own);
      await letGo();
      expect(await first).toMatchObject({ outcome: 'succeeded' });
      await until(async () => (await refusal(vote(people.dana(), waiting))) !== 'unavailable');
      expect(['unavailable', expect.objectContaining({ state: 'approved' })]).toContainEqual(await answer);
      for (const call of [waiting, ready, running])
        expect(await answered(call)).toMatchObject({ outcome: 'succeeded' });
      expect(await balances(atTarget, ...ids)).toEqual([101, 101, 101]);
      const { of, events } = await record(gateway, folder);
      for (const call of [waiting, ready, running])
        expect(of(call).filter((type) => type === 'call.succeeded')).toHaveLength(1);
      expect(gapsIn(events)).toEqual([]);
    },
  );
});

/** As `kill -9` of the server's first process: the others end when they miss it. */
async function killPostmaster(url: string): Promise<void> {
  const superuser = await observe(url);
  const { rows } = await superuser.query<{ pid: number }>(
    "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid",
  );
  process.kill(rows[0]?.pid ?? Number.NaN, 'SIGKILL');
  await superuser.end().catch(() => undefined);
}

/** The processes of a server whose first one was killed may still hold its memory for a moment. */
async function restart(own: PostgresServer): Promise<void> {
  await until(async () => {
    try {
      await own.restart('immediate');
      return true;
    } catch {
      return false;
    }
  });
}

describe('a standby that takes the store’s place', () => {
  let pair: Pair;
  let proxy: TcpProxy;
  beforeEach(async () => {
    pair = await startPair('store');
    proxy = await TcpProxy.inFrontOf(pair.primary);
    gateway = await startOn({ target: target.url, store: proxy.url, folder }, 'one', fast(5));
    people = await peopleOf(gateway);
  }, 60_000);
  afterEach(async () => {
    await gateway.close();
    await proxy[Symbol.asyncDispose]();
    await pair.stop();
  });

  test('never 18, 48, 49: and lacks its latest writes: what had run runs no second time, and the ledger says that there is a gap', async () => {
    const waiting = await submit(people.agent(), plusOne(10));
    const ran = await approved(11);
    const ready = await approved(12);
    const running = await approved(13);
    const letGo = await holdAccount(target.url, 13);
    const first = execute(people.agent(), running).catch((error: { code?: string }) => error.code);
    await untilHeld(atTarget, plusOne(13));
    await gateway.engine.ledger.settled();
    await pair.caughtUp();
    await pair.cutStream();
    expect(await execute(people.agent(), ran)).toMatchObject({ outcome: 'succeeded' });
    const forgotten = await submit(people.agent(), 'select 1', { run: 'forgotten' });
    await people.operator().createStop({ scope: { kind: 'principal', principal: 'agent:other' } });
    const { head: checkpoint } = await record(gateway, folder);
    await pair.failOver();
    proxy.redirect(pair.standby);
    proxy.cut();

    expect(await answered(ran)).toMatchObject({ outcome: 'not_executed', call: { state: 'expired' } });
    expect(await answered(ready)).toMatchObject({ outcome: 'not_executed', call: { state: 'expired' } });
    expect(await answered(running)).toMatchObject({ outcome: 'unknown' });
    await letGo();
    await first;
    expect(await refusal(execute(people.agent(), forgotten))).toBe('not_found');
    await vote(people.dana(), waiting);
    expect(await answered(waiting)).toMatchObject({ outcome: 'succeeded' });
    // A stop that the standby never saw is lost with the rest: the gap tells the operator to look.
    expect(await people.operator().listStops()).toMatchObject({ stops: [] });
    // What the gateway remembers of runs that the store has lost is not relied on.
    const again = await submit(people.agent(), 'select 1', { run: 'forgotten' });
    expect(await answered(again)).toMatchObject({ outcome: 'succeeded' });
    expect(await answered(running)).toMatchObject({ outcome: 'unknown' });
    expect(await balances(atTarget, 10, 11, 12)).toEqual([101, 101, 100]);
    const told = await record(gateway, folder);
    expect(gapsIn(told.events)).toMatchObject([{ why: 'behind_last_head', unknown: 1 }]);
    expect(told.of(running)).toEqual(expect.arrayContaining(['call.unknown', 'call.late_outcome']));
    // Who kept a checkpoint elsewhere sees what is missing.
    const publicKey = gateway.engine.keys.publicKeyPem;
    expect(await verifyLedger(told.lines, { publicKey, checkpoint })).toMatchObject({
      verdict: 'inconsistent',
    });

    // The gap is told once: the next start finds the store it left.
    const left = await approved(14);
    await gateway.close();
    gateway = await startOn({ target: target.url, store: proxy.url, folder });
    people = await peopleOf(gateway);
    expect(await execute(people.agent(), left)).toMatchObject({ outcome: 'succeeded' });
    expect(gapsIn((await record(gateway, folder)).events)).toHaveLength(1);
  }, 60_000);

  test('never 18: and seems to have everything: what was decided is asked for again, because a claim may be missing', async () => {
    const other = await startOn({ target: target.url, store: proxy.url, folder }, 'other', fast(5));
    try {
      const waiting = await submit(people.agent(), plusOne(15));
      const ready = await approved(16);
      await gateway.engine.ledger.settled();
      await pair.caughtUp();
      await pair.failOver();
      proxy.redirect(pair.standby);
      proxy.cut();
      const [here, there] = [people.agent(), people.agent(other)];
      await until(async () => (await refusal(here.getCall(ready.id))) === 'none');
      await until(async () => (await refusal(there.getCall(ready.id))) === 'none');
      for (const agent of [here, there])
        expect(await execute(agent, ready)).toMatchObject({
          outcome: 'not_executed',
          error: { code: 'expired' },
        });
      await vote(people.dana(other), waiting);
      expect(await execute(here, waiting)).toMatchObject({ outcome: 'succeeded' });
      expect(await balances(atTarget, 15, 16)).toEqual([101, 100]);
      expect(gapsIn((await record(gateway, folder)).events)).toMatchObject([
        { why: 'another_history', expired: 1, unknown: 0 },
      ]);
    } finally {
      await other.close();
    }
  }, 60_000);
});

describe('a backup of the store that was brought back', () => {
  test('never 48: what was decided expires, what was claimed is unknown, and the ledger says that there is a gap, once', async () => {
    const store = await server.createDatabase();
    gateway = await startOn({ target: target.url, store: store.url, folder });
    people = await peopleOf(gateway);
    const waiting = await submit(people.agent(), plusOne(20));
    const ran = await approved(21);
    await gateway.close();
    const backup = `${store.name}_backup`;
    const admin = await observe(server.url);
    await admin.query(`create database ${backup} template ${store.name}`);
    gateway = await startOn({ target: target.url, store: store.url, folder });
    people = await peopleOf(gateway);
    expect(await execute(people.agent(), ran)).toMatchObject({ outcome: 'succeeded' });
    await gateway.close();

    const restored = new URL(store.url);
    restored.pathname = `/${backup}`;
    for (let start = 0; start < 2; start++) {
      gateway = await startOn({ target: target.url, store: restored.href, folder });
      people = await peopleOf(gateway);
      expect(await execute(people.agent(), ran)).toMatchObject({
        outcome: 'not_executed',
        call: { state: 'expired' },
      });
      const { events } = await record(gateway, folder);
      expect(gapsIn(events)).toMatchObject([{ why: 'behind_last_head', expired: 1, unknown: 0 }]);
      if (start === 0) await gateway.close();
    }
    await vote(people.dana(), waiting);
    expect(await execute(people.agent(), waiting)).toMatchObject({ outcome: 'succeeded' });
    expect(await balances(atTarget, 20, 21)).toEqual([101, 101]);
    await gateway.close();
    await admin.query(`drop database ${backup} with (force)`);
    await admin.end();
  });
});
