/**
 * What happens at one gateway while something else happens at the other: a vote and its death, a stop and a claim, two
 * takers of one parked run, an owner that finishes after its claim was taken over.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '@countersign/core';
import type { CrashPoint, Gateway } from '@countersign/gateway';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { endOf, startDoomed } from '../fault/crash-schedule-gateways.ts';
import { execute, refusal, rules, seed, submit, vote } from '../gateway/harness.ts';
import { TcpProxy } from '../postgres/tcp-proxy.ts';
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
} from '../store/support.ts';
import { until } from '../support/until.ts';

let server: PostgresServer;
let target: TestDatabase;
let store: TestDatabase;
let atTarget: Client;
let inStore: Client;
let proxy: TcpProxy;
let folder: string;
/** Reaches the store by a way that can be broken. */
let one: Gateway;
/** Takes over what was left behind without delay. */
let two: Gateway;
let people: People;
/** What becomes of `one` at a moment. */
let atMoment: ((point: CrashPoint) => void) | null = null;

beforeAll(async () => {
  server = await startPostgres();
  target = await server.createDatabase({ seed });
  store = await server.createDatabase();
  atTarget = await observe(target.url);
  inStore = await observe(store.url);
  proxy = await TcpProxy.inFrontOf(store.url);
  folder = newFolder();
  const place = { target: target.url, store: store.url, folder };
  one = await startOn(
    { ...place, store: proxy.url },
    'one',
    fast(1, (point) => atMoment?.(point)),
  );
  two = await startOn(place, 'two', fast(20));
  people = await peopleOf(two);
}, 60_000);
beforeEach(() => {
  atMoment = null;
  proxy.judge = () => 'pass';
  proxy.refusing = false;
});
afterAll(async () => {
  await one.close();
  await two.close();
  await proxy[Symbol.asyncDispose]();
  await Promise.all([atTarget.end(), inStore.end()]);
  await server.stop();
  dropFolder(folder);
});

const plusOne = (id: number): string => `update accounts set balance = balance + 1 where id = ${id}`;

async function approved(id: number) {
  const call = await submit(people.agent(one), plusOne(id));
  await vote(people.dana(two), call);
  return call;
}

describe('who waits at one gateway for a vote that is cast at the other', () => {
  test('is told at once', async () => {
    const call = await submit(people.agent(one), plusOne(1));
    const waiting = people.agent(one).getCall(call.id, { wait: 20 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await vote(people.dana(two), call);
    const voted = performance.now();
    expect(await waiting).toMatchObject({ state: 'approved' });
    expect(performance.now() - voted).toBeLessThan(1000);
  });

  test('is told by looking, where notices do not come through', async () => {
    proxy.judge = (chunk) => (chunk.includes('listen countersign_moved') ? 'lose' : 'pass');
    proxy.cut();
    const agent = people.agent(one);
    await until(async () => (await refusal(agent.getPrincipal())) === 'none');
    const call = await submit(agent, plusOne(2));
    const waiting = agent.getCall(call.id, { wait: 20 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await vote(people.dana(two), call);
    const voted = performance.now();
    expect(await waiting).toMatchObject({ state: 'approved' });
    expect(performance.now() - voted).toBeLessThan(5000);
  });
});

describe('a parked run', () => {
  const parked = (run: string) => ({
    id: newId('park'),
    run,
    schema_version: '1.22',
    fingerprint: 'f'.repeat(64),
    state: Buffer.from(run).toString('base64'),
  });

  test('never 18: of takers at both gateways one gets it, and its lease holds at both', async () => {
    const request = parked('raced');
    await people.agent(one).parkRun(request);
    const takers = Array.from({ length: 12 }, (_, i) => ({
      at: i % 2 === 0 ? one : two,
      lease: newId('lease'),
    }));
    const codes = await Promise.all(
      takers.map(({ at, lease }) => refusal(people.agent(at).unparkRun(request.id, { lease }))),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
    expect(codes.filter((code) => code === 'run_taken')).toHaveLength(11);
    const winner = takers[codes.indexOf('none')];
    if (winner === undefined) throw new Error('nobody has it');
    const elsewhere = people.agent(winner.at === one ? two : one);
    expect(await refusal(elsewhere.renewRun(request.id, { lease: winner.lease }))).toBe('none');
    await inStore.query("update parked_runs set leased_until = now() - interval '1 second' where id = $1", [
      request.id,
    ]);
    // It lapsed: of the late renewal and another taker, whoever is first has it, and only one of them.
    const next = newId('lease');
    await elsewhere.unparkRun(request.id, { lease: next });
    expect(await refusal(people.agent(winner.at).renewRun(request.id, { lease: winner.lease }))).toBe(
      'lease_lost',
    );
    expect(await refusal(people.agent(one).finishRun(request.id, { lease: next }))).toBe('none');
    const { events } = await record(two, folder);
    const types = events.filter(({ data }) => data['parked'] === request.id).map(({ type }) => type);
    expect(types).toEqual(['run.parked', 'run.unparked', 'run.renewed', 'run.unparked', 'run.finished']);
  });
});

describe('a stale owner', () => {
  /** As if it had given no sign of life for half a minute, until the other gateway has taken its claim over. */
  const takenOver = (call: string) =>
    until(async () => {
      await inStore.query(
        "update calls set heartbeat_at = heartbeat_at - interval '1 minute' where id = $1 and epoch = 1",
        [call],
      );
      const { rows } = await inStore.query('select 1 from calls where id = $1 and finished_at is not null', [
        call,
      ]);
      return rows.length > 0;
    });

  test('never 50: that finishes late has its transaction ended, and what it says is kept and changes nothing', async () => {
    const call = await approved(10);
    const letGo = await holdAccount(target.url, 10);
    const late = execute(people.agent(one), call);
    await untilHeld(atTarget, plusOne(10));
    await takenOver(call.id);
    await letGo();
    const told = { outcome: 'failed', error: { ran: 'rolled_back' } };
    // It may learn that it is no longer the owner before the new one has an answer from the target.
    expect(['failed', 'in_progress']).toContain((await late).outcome);
    for (const at of [one, two]) expect(await execute(people.agent(at), call)).toMatchObject(told);
    expect(await balances(atTarget, 10)).toEqual([100]);
    const types = (await record(two, folder)).of(call);
    expect(types.slice(-2).sort()).toEqual(['call.failed', 'call.late_outcome']);
    expect(types.filter((type) => type === 'call.claimed')).toHaveLength(1);
  });

  test('never 49, 50: that committed and could not say so: the other finds it out, it happened once, and its late word changes nothing', async () => {
    const call = await approved(11);
    atMoment = (point) => {
      if (point !== 'settle.before') return;
      atMoment = null;
      proxy.refusing = true;
      proxy.judge = () => 'lose';
      proxy.cut();
    };
    const late = execute(people.agent(one), call).catch((error: { code?: string }) => error.code);
    await until(async () => atMoment === null);
    await takenOver(call.id);
    proxy.judge = () => 'pass';
    proxy.refusing = false;
    // Its result never came into the store, so nobody has it; that it happened is known.
    const told = { outcome: 'succeeded', result: null, error: { code: 'result_expired' } };
    expect([told, 'unavailable']).toContainEqual(await late.then((answer) => shortened(answer)));
    for (const at of [two, one]) expect(await execute(people.agent(at), call)).toMatchObject(told);
    expect(await balances(atTarget, 11)).toEqual([101]);
    await until(async () => (await record(two, folder)).of(call).includes('call.late_outcome'));
    const types = (await record(two, folder)).of(call);
    expect(types.filter((type) => type === 'call.succeeded')).toHaveLength(1);
  });
});

const shortened = (answer: Awaited<ReturnType<typeof execute>> | string | undefined) =>
  typeof answer === 'object'
    ? { outcome: answer.outcome, result: answer.result, error: { code: answer.error?.code } }
    : answer;

test('a cancellation at one ends what runs at the other, and nothing is changed', async () => {
  const call = await approved(12);
  const letGo = await holdAccount(target.url, 12);
  const running = execute(people.agent(one), call);
  await untilHeld(atTarget, plusOne(12));
  await people.agent(two).cancelCall(call.id);
  const told = { outcome: 'failed', error: { code: 'cancelled', ran: 'rolled_back' } };
  expect(await running).toMatchObject(told);
  await letGo();
  expect(await execute(people.agent(two), call)).toMatchObject(told);
  expect(await balances(atTarget, 12)).toEqual([100]);
  expect((await record(two, folder)).of(call).slice(-2)).toEqual(['call.cancel_asked', 'call.failed']);
});

test('never 24: a stop at one that races claims at the other: what was not claimed before runs no more, and the answer is true', async () => {
  const racers = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const name = `racer-${i}`;
      const agent = (await peopleOf(two, name)).agent;
      const call = await submit(agent(one), plusOne(20 + i));
      await vote(people.dana(two), call);
      return { agent, call, delay: i * 4, scope: { kind: 'principal', principal: `agent:${name}` } as const };
    }),
  );
  const answers = await Promise.all(
    racers.map(async ({ agent, call, delay, scope }) => {
      const execution = execute(agent(one), call);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await people.operator(two).createStop({ scope });
      return execution;
    }),
  );
  const changed = (await balances(atTarget, ...racers.map((_, i) => 20 + i))).map((now) => now - 100);
  expect(changed).toEqual(answers.map(({ outcome }) => (outcome === 'succeeded' ? 1 : 0)));
  const { of } = await record(two, folder);
  for (const [i, { agent, call }] of racers.entries()) {
    expect((await execute(agent(two), call)).outcome).toBe(answers[i]?.outcome);
    const next = await submit(agent(one), 'select 1');
    expect(await execute(agent(one), next)).toMatchObject({
      outcome: 'not_executed',
      error: { code: 'stopped' },
    });
    expect(of(call).filter((type) => type === 'call.succeeded')).toHaveLength(changed[i] ?? 0);
    if (answers[i]?.outcome === 'not_executed') expect(of(call)).not.toContain('call.claimed');
  }
});

describe('where two people have to vote', () => {
  const policy = rules.replace('votes: 1', 'votes: 2');
  let survivor: Gateway;
  let own: TestDatabase;
  let voters: People;
  let keys: string;
  beforeAll(async () => {
    own = await server.createDatabase();
    keys = newFolder();
    survivor = await startOn(
      { target: target.url, store: own.url, folder: keys },
      'survivor',
      fast(20),
      policy,
    );
    voters = await peopleOf(survivor);
  });
  afterAll(async () => {
    await survivor.close();
    dropFolder(keys);
  });

  test('never 20, 29: one person who votes at both gateways at once counts once', async () => {
    const second = await startOn(
      { target: target.url, store: own.url, folder: keys },
      'second',
      fast(1),
      policy,
    );
    try {
      const call = await submit(voters.agent(), plusOne(30));
      const codes = await Promise.all(
        [survivor, second, survivor, second].map((at) => refusal(vote(voters.dana(at), call))),
      );
      expect(codes.sort()).toEqual(['already_voted', 'already_voted', 'already_voted', 'none']);
      expect((await voters.agent(second).getCall(call.id)).state).toBe('waiting');
      await vote(voters.sam(second), call);
      expect(await execute(voters.agent(), call)).toMatchObject({ outcome: 'succeeded' });
    } finally {
      await second.close();
    }
  });

  test.each(['vote.before', 'vote.after'] as const)(
    'never 29: a vote at a gateway that is killed at %s is counted exactly once, on retry at the other',
    async (moment) => {
      const home = join(keys, moment);
      mkdirSync(home);
      writeFileSync(
        join(home, 'countersign.yaml'),
        `${policy}\nserver: { data: data, store: "\${STORE_URL}" }\n`,
      );
      const env = { BANK_URL: target.url, STORE_URL: own.url, COUNTERSIGN_KEYS: join(keys, 'keys') };
      const doomed = await startDoomed(home, moment, env);
      if (doomed === null) throw new Error('it died too soon');
      try {
        const id = moment === 'vote.before' ? 31 : 32;
        const call = await submit(voters.agent(), plusOne(id));
        expect(await refusal(vote(voters.dana(doomed), call))).toBe('unreachable');
        // Where it was heard, it counts; where it was not, the retry does.
        expect(await refusal(vote(voters.dana(), call))).toBe(
          moment === 'vote.before' ? 'none' : 'already_voted',
        );
        const shown = await voters.sam().getApproval(call.approval ?? ('' as never));
        expect(shown).toMatchObject({ state: 'waiting', votes: [{ person: 'dana', vote: 'approve' }] });
        await vote(voters.sam(), call);
        expect(await execute(voters.agent(), call)).toMatchObject({ outcome: 'succeeded' });
        expect(await balances(atTarget, id)).toEqual([101]);
        const types = (await record(survivor, keys)).of(call);
        expect(types.filter((type) => type === 'vote.cast')).toHaveLength(2);
      } finally {
        await endOf(doomed.child);
      }
    },
  );
});
