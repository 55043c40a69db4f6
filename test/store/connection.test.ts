/**
 * The way to a PostgreSQL store breaks, at every moment at which something is written there. While it is away everything
 * is refused, with a code; when it is back the gateway goes on by itself, and the call happened once or not at all.
 */
import type { CallView } from '@countersign/core';
import type { CrashPoint, Gateway } from '@countersign/gateway';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { execute, refusal, seed, submit, vote } from '../gateway/harness.ts';
import { type Fate, TcpProxy } from '../postgres/tcp-proxy.ts';
import { until } from '../support/until.ts';
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
  untilHeld,
} from './support.ts';

let server: PostgresServer;
let target: TestDatabase;
let store: TestDatabase;
let proxy: TcpProxy;
let folder: string;
let gateway: Gateway;
let people: People;
/** At the target, and in the store by a way that is not cut. */
let atTarget: Client;
let inStore: Client;
/** What befalls the way to the store when the gateway comes to this moment. */
let breaking: { readonly at: CrashPoint; readonly fate: Fate; readonly only?: string } | null = null;

function breakAt(point: CrashPoint): void {
  if (breaking?.at !== point) return;
  const { fate, only } = breaking;
  breaking = null;
  if (only === undefined) proxy.refusing = true;
  proxy.judge = (chunk) => {
    if (only !== undefined && !chunk.includes(only)) return 'pass';
    proxy.refusing = true;
    return fate;
  };
}

function mend(): void {
  proxy.judge = () => 'pass';
  proxy.refusing = false;
}

beforeAll(async () => {
  server = await startPostgres();
  target = await server.createDatabase({ seed });
  store = await server.createDatabase();
  proxy = await TcpProxy.inFrontOf(store.url);
  folder = newFolder();
  gateway = await startOn({ target: target.url, store: proxy.url, folder }, 'one', fast(10, breakAt));
  people = await peopleOf(gateway);
  atTarget = await observe(target.url);
  inStore = await observe(store.url);
}, 60_000);
afterAll(async () => {
  mend();
  await gateway.close();
  await proxy[Symbol.asyncDispose]();
  await Promise.all([atTarget.end(), inStore.end()]);
  await server.stop();
  dropFolder(folder);
});

/** As if half a minute had passed since whoever works on calls gave a sign of life. */
const grow = () =>
  inStore.query(
    `update calls set heartbeat_at = heartbeat_at - interval '31 seconds', created_at = created_at - interval '31 seconds'
     where state in ('claimed', 'submitted')`,
  );

/** A step that goes on until the store is back; what it was refused with meanwhile. */
async function surviving<T>(refused: string[], step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (thrown) {
      refused.push((thrown as { code?: string }).code ?? String(thrown));
      if (refused.length > 50) throw thrown;
      mend();
      await grow();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

let row = 0;

describe('the way to the store breaks', () => {
  const points: readonly CrashPoint[] = [
    'submit.before',
    'ask.before',
    'vote.before',
    'claim.before',
    'started.before',
    'settle.before',
  ];
  test.each([
    ...points.map((at) => ({ at, fate: 'lose' as const, lost: 'the statement' })),
    ...points.map((at) => ({ at, fate: 'lose_answer' as const, lost: 'the answer to the statement' })),
    { at: 'vote.before' as const, fate: 'lose' as const, only: 'commit', lost: 'COMMIT' },
    {
      at: 'vote.before' as const,
      fate: 'lose_answer' as const,
      only: 'commit',
      lost: 'the answer to COMMIT',
    },
  ])(
    'never 14, 29, 49: $lost at $at is lost: a write happens once or not at all, and the record says which',
    async (broken) => {
      const id = ++row;
      const statement = `update accounts set balance = balance + 1 where id = ${id}`;
      const key = { run: `run-${id}`, call: `call-${id}` };
      const refused: string[] = [];
      breaking = broken;
      const call = await surviving(refused, () => submit(people.agent(), statement, key));
      const decided = await surviving(refused, async (): Promise<CallView> => {
        const { state } = await people.agent().getCall(call.id);
        if (state === 'waiting') await vote(people.dana(), call);
        return people.agent().getCall(call.id);
      });
      // What is being recorded when the store goes away is recorded when it is back, also without being asked for.
      const back = setTimeout(mend, 400);
      const done = await surviving(refused, async () => {
        for (let tries = 0; ; tries++) {
          const answer = await execute(people.agent(), decided);
          if (answer.outcome !== 'in_progress' || tries > 200) return answer;
          mend();
          await grow();
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      clearTimeout(back);
      expect(breaking).toBeNull();
      expect(refused.filter((code) => code !== 'unavailable')).toEqual([]);
      const [balance = 0] = await balances(atTarget, id);
      const changed = balance - 100;
      expect([0, 1]).toContain(changed);
      expect(done.outcome).toBe(
        changed === 1 ? 'succeeded' : done.call.state === 'failed' ? 'failed' : 'not_executed',
      );
      await execute(people.agent(), decided);
      expect(await balances(atTarget, id)).toEqual([balance]);
      const types = (await record(gateway, folder)).of(call);
      expect(types.filter((type) => type === 'call.succeeded')).toHaveLength(changed);
      expect(types.filter((type) => type === 'call.claimed').length).toBeLessThanOrEqual(1);
      expect(types.filter((type) => type === 'vote.cast').length).toBeLessThanOrEqual(1);
      expect(types.filter((type) => type === 'call.approved').length).toBeLessThanOrEqual(1);
      expect(types).not.toContain('call.late_outcome');
    },
  );

  test('never 49: while a write is at the target: its outcome is recorded when the store is back, and handed out', async () => {
    const statement = 'update accounts set balance = 7 where id = 40';
    const call = await submit(people.agent(), statement);
    await vote(people.dana(), call);
    const letGo = await holdAccount(target.url, 40);
    const first = refusal(execute(people.agent(), call));
    await untilHeld(atTarget, statement);
    proxy.refusing = true;
    proxy.cut();
    expect(await refusal(execute(people.agent(), call))).toBe('unavailable');
    await letGo();
    await until(async () => (await balances(atTarget, 40))[0] === 7);
    expect(await first).toBe('unavailable');
    mend();
    await until(async () => (await execute(people.agent(), call)).outcome !== 'in_progress');
    expect(await execute(people.agent(), call)).toMatchObject({
      outcome: 'succeeded',
      result: { affected: 1 },
    });
    expect((await record(gateway, folder)).of(call).at(-1)).toBe('call.succeeded');
  });

  test('never 14: while it is away everything is refused with a code, nothing runs, and it comes back by itself', async () => {
    const agent = people.agent();
    const ready = await submit(agent, "insert into notes (body) values ('while away')");
    const waiting = await submit(agent, 'update accounts set balance = 0 where id = 41');
    proxy.refusing = true;
    proxy.cut();
    expect(await refusal(submit(agent, 'select 1'))).toBe('unavailable');
    expect(await refusal(execute(agent, ready))).toBe('unavailable');
    expect(await refusal(agent.getCall(ready.id))).toBe('unavailable');
    expect(await refusal(agent.cancelCall(ready.id))).toBe('unavailable');
    expect(await refusal(vote(people.dana(), waiting))).toBe('unavailable');
    expect(await refusal(people.operator().createStop({ scope: { kind: 'all' } }))).toBe('unavailable');
    expect(await refusal(people.operator().events({}))).toBe('unavailable');
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await atTarget.query("select 1 from notes where body = 'while away'")).rows).toEqual([]);
    mend();
    expect(await execute(agent, ready)).toMatchObject({ outcome: 'succeeded' });
    await vote(people.dana(), waiting);
    expect(await execute(agent, waiting)).toMatchObject({ outcome: 'succeeded' });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});

test('never 50: a store that falls silent is given up, refused with a code, and used again over new connections', async () => {
  const agent = people.agent();
  const approved = await submit(agent, 'update accounts set balance = 1 where id = 42');
  await vote(people.dana(), approved);
  const waiting = await submit(agent, 'update accounts set balance = 1 where id = 43');
  const shown = await people.dana().getApproval(waiting.approval ?? ('' as never));
  const statement = 'update accounts set balance = 1 where id = 44';
  const running = await submit(agent, statement);
  await vote(people.dana(), running);
  const letGo = await holdAccount(target.url, 44);
  const ran = refusal(execute(agent, running));
  await untilHeld(atTarget, statement);
  // A vote is half way through its transaction, and holds the call's row.
  const halfway = await submit(agent, 'update accounts set balance = 1 where id = 46');
  proxy.judge = (chunk) => (chunk.includes('local:dana') ? 'swallow' : 'pass');
  const halfVote = refusal(vote(people.dana(), halfway));
  await until(async () => {
    const { rows } = await inStore.query(
      "select 1 from pg_stat_activity where state = 'idle in transaction' and query like '%from calls%for update%'",
    );
    return rows.length > 0;
  });
  // The network between is gone: nobody hears, nobody says that the connection is over.
  proxy.judge = () => 'swallow';
  const started = performance.now();
  const refusals = [
    refusal(submit(agent, 'select 42')),
    refusal(execute(agent, approved)),
    refusal(people.dana().vote(shown.id, { vote: 'approve', digest: shown.digest })),
  ];
  await letGo();
  // The server lets go of the row, so that people can vote elsewhere.
  const other = await startOn({ target: target.url, store: store.url, folder }, 'other');
  try {
    await vote(people.sam(other), halfway);
    expect(await execute(people.agent(other), halfway)).toMatchObject({ outcome: 'succeeded' });
  } finally {
    await other.close();
  }
  expect(new Set(await Promise.all([halfVote, ...refusals]))).toEqual(new Set(['unavailable']));
  expect(performance.now() - started).toBeLessThan(30_000);
  mend();
  await ran;
  await until(async () => (await refusal(execute(agent, running))) === 'none');
  await until(async () => (await execute(agent, running)).outcome === 'succeeded');
  expect(await execute(agent, approved)).toMatchObject({ outcome: 'succeeded' });
  await vote(people.dana(), waiting);
  expect(await execute(agent, waiting)).toMatchObject({ outcome: 'succeeded' });
  expect(await balances(atTarget, 42, 43, 44, 46)).toEqual([1, 1, 1, 1]);
  expect((await record(gateway, folder)).of(halfway).filter((type) => type === 'vote.cast')).toHaveLength(1);
}, 60_000);

test('recovery waits for a target that is down, by one gateway of two, and then tells the truth', async () => {
  const left = await server.createDatabase();
  const maker = await startOn({ target: target.url, store: left.url, folder }, 'maker');
  const theirs = await peopleOf(maker);
  const call = await submit(theirs.agent(), 'update accounts set balance = 5 where id = 45');
  await vote(theirs.dana(), call);
  expect(await execute(theirs.agent(), call)).toMatchObject({ outcome: 'succeeded' });
  await maker.close();
  const inLeft = await observe(left.url);
  // As if it had died between COMMIT and outcome.
  await inLeft.query(
    `update calls set state = 'claimed', owner_instance = 'gw_dead', finished_at = null, result_event = null,
       heartbeat_at = clock_timestamp() - interval '1 hour' where id = $1`,
    [call.id],
  );
  await using road = await TcpProxy.inFrontOf(target.url);
  road.refusing = true;
  const place = { target: road.url, store: left.url, folder };
  const two = await Promise.all([startOn(place, 'first', fast(20)), startOn(place, 'second', fast(20))]);
  try {
    const epoch = async () =>
      (await inLeft.query<{ epoch: string }>('select epoch from calls where id = $1', [call.id])).rows[0]
        ?.epoch;
    for (let looks = 0; looks < 4; looks++) {
      for (const gateway of two)
        expect((await execute(theirs.agent(gateway), call)).outcome).toBe('in_progress');
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    // Who asks the target gives signs of life meanwhile, so that the other leaves the call to it.
    const { rows } = await inLeft.query(
      "select 1 from calls where id = $1 and heartbeat_at > now() - interval '1 second'",
      [call.id],
    );
    expect(rows).toHaveLength(1);
    expect(await epoch()).toBe('2');
    road.refusing = false;
    await until(async () => (await execute(theirs.agent(two[0]), call)).outcome !== 'in_progress');
    for (const gateway of two)
      expect(await execute(theirs.agent(gateway), call)).toMatchObject({ outcome: 'succeeded' });
    expect(await balances(atTarget, 45)).toEqual([5]);
  } finally {
    for (const gateway of two) await gateway.close();
    await inLeft.end();
  }
});
