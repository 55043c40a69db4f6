/** The moment in which nobody but the server knows: COMMIT was sent, and its answer never came. */

import type { Json } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Execution } from '../../packages/gateway/src/protocols/protocol.ts';
import { until } from '../support/until.ts';
import { fastRuntime, openShop, type Shop, write } from './support.ts';
import { type Fate, isCommit, TcpProxy } from './tcp-proxy.ts';

let shop: Shop;
let proxy: TcpProxy;

beforeAll(async () => {
  shop = await openShop();
  proxy = await TcpProxy.inFrontOf(shop.url);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const total = async (id: number) =>
  (await shop.rows('select total::text from orders where id = $1', [id]))[0]?.['total'];
const noSessions = () => until(async () => (await shop.sessions()).every(({ state }) => state === 'idle'));

/** A write through the proxy, with what befalls its COMMIT. */
async function writeWith(fate: Fate, id: number, { unreachable = false } = {}) {
  const target = shop.target({ url: proxy.url }, fastRuntime(10));
  proxy.judge = (chunk) => {
    if (!isCommit(chunk)) return 'pass';
    proxy.refusing = unreachable;
    return fate;
  };
  try {
    return await write(target, `update orders set total = 42 where id = ${id} returning id`, ['id']);
  } finally {
    proxy.judge = () => 'pass';
    proxy.refusing = false;
    await target.close();
  }
}

describe('never 49: an outcome is found out, not guessed', () => {
  test('the answer to COMMIT is lost: the server says that it committed', async () => {
    expect(await writeWith('lose_answer', 1)).toEqual({
      outcome: 'succeeded',
      result: { columns: ['id'], rows: [['1']], truncated: false, affected: 1 },
    });
    expect(await total(1)).toBe('42.00');
  });

  test('COMMIT itself is lost: the server says that it rolled back', async () => {
    expect(await writeWith('lose', 2)).toEqual({
      outcome: 'failed',
      code: 'target_unavailable',
      ran: 'rolled_back',
      message: null,
    });
    expect(await total(2)).toBe('3.00');
  });

  test('never 50: a connection that falls silent at COMMIT does not hang, and its transaction is not left open', async () => {
    expect(await writeWith('swallow', 3)).toMatchObject({ outcome: 'failed', ran: 'rolled_back' });
    expect(await total(3)).toBe('4.50');
    await noSessions();
  });

  test('never 19: where the server cannot be asked, the outcome is unknown', async () => {
    expect(await writeWith('lose_answer', 4, { unreachable: true })).toEqual({
      outcome: 'unknown',
      code: 'outcome_unknown',
      message: null,
    });
    expect(await total(4)).toBe('42.00');
  });

  test('a connection lost before COMMIT was sent is a rollback', async () => {
    const target = shop.target({ url: proxy.url });
    const executing = write(
      target,
      'with s as (select pg_sleep(35)) update orders set total = 42 from s where id = 5',
    );
    await until(async () => (await shop.sessions()).some(({ query }) => query.includes('pg_sleep(35)')));
    proxy.cut();
    expect(await executing).toEqual({
      outcome: 'failed',
      code: 'target_unavailable',
      ran: 'rolled_back',
      message: null,
    });
    await shop.rows(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'countersign' and query like '%pg_sleep(35)%'",
    );
    expect(await total(5)).toBe('7.50');
    await target.close();
  });
});

describe('never 49: what is reported is what happened', () => {
  const truth = async (id: number, { outcome }: Execution) => {
    const changed = (await total(id)) === '42.00';
    if (outcome !== 'unknown') expect(changed).toBe(outcome === 'succeeded');
    await shop.rows('update orders set total = 0 where id = $1', [id]);
    return outcome;
  };

  test.each<Fate>(['lose', 'lose_answer', 'swallow'])(
    'whichever message meets its fate: %s',
    async (fate) => {
      const outcomes = new Set<string>();
      // A connection's first messages log it in; the last ones are BEGIN, the statement, the comparison and COMMIT.
      for (let doomed = 1; doomed <= 9; doomed++) {
        let chunk = 0;
        proxy.judge = () => (++chunk === doomed ? fate : 'pass');
        const target = shop.target({ url: proxy.url }, fastRuntime(50));
        const sql = 'update orders set total = 42 where id = 10';
        outcomes.add(await truth(10, await write(target, sql)));
        proxy.judge = () => 'pass';
        await target.close();
      }
      expect(outcomes).toEqual(new Set(['failed', 'succeeded']));
    },
  );

  test('whenever a stop comes', async () => {
    const target = shop.target();
    const outcomes: string[] = [];
    // A stop that comes late enough finds it done, however slow the machine is.
    for (
      let after = 0;
      after < 12 || (after < 4000 && !outcomes.includes('succeeded'));
      after += 1 + Math.floor(after / 12) * 20
    ) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), after);
      const context = { signal: stop.signal };
      outcomes.push(
        await truth(11, await write(target, 'update orders set total = 42 where id = 11', [], { context })),
      );
    }
    expect(outcomes).toContain('failed');
    expect(outcomes).toContain('succeeded');
  });
});

describe('recovery', () => {
  const signal = new AbortController().signal;

  /** What a gateway that died would have left: its evidence, and a session that goes on without it. */
  async function left(sql: string): Promise<{ evidence: Json; dead: Promise<unknown> }> {
    const { promise, resolve } = Promise.withResolvers<Json>();
    const target = shop.target();
    const started = (evidence: Json) => {
      resolve(evidence);
      return Promise.resolve();
    };
    const dead = write(target, sql, [], { context: { started } });
    return { evidence: await promise, dead };
  }

  test('finds a committed write', async () => {
    const { evidence, dead } = await left('update orders set total = 6 where id = 6');
    await dead;
    expect(await shop.target().recover(evidence, signal)).toEqual({ outcome: 'succeeded', ran: null });
  });

  test('finds a write that was rolled back', async () => {
    const { evidence, dead } = await left('update orders set total = -6 where id = 6');
    await dead;
    expect(await shop.target().recover(evidence, signal)).toEqual({ outcome: 'failed', ran: 'rolled_back' });
  });

  test('never 50: ends a write that still runs before it says how it ended', async () => {
    const { evidence, dead } = await left(
      'with s as (select pg_sleep(36)) update orders set total = 42 from s where id = 7',
    );
    await until(async () => (await shop.sessions()).some(({ query }) => query.includes('pg_sleep(36)')));
    expect(await shop.target().recover(evidence, signal)).toEqual({ outcome: 'failed', ran: 'rolled_back' });
    expect((await shop.sessions()).some(({ query }) => query.includes('pg_sleep(36)'))).toBe(false);
    expect(await dead).toMatchObject({ outcome: 'failed', ran: 'rolled_back' });
    expect(await total(7)).toBe('10.50');
  });

  test('does not end a session that only has the same pid', async () => {
    const { evidence, dead } = await left('update orders set total = 8 where id = 8');
    await dead;
    const [me] = await shop.rows('select pg_backend_pid()::text as pid');
    const other = { ...(evidence as Record<string, Json>), pid: me?.['pid'] ?? '' };
    expect(await shop.target().recover(other, signal)).toMatchObject({ outcome: 'succeeded' });
    expect(await shop.rows('select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  test.each([
    ['another server', { systemIdentifier: '7000000000000000000' }],
    ['another timeline', { timeline: '00000002' }],
    ['a transaction of the future', { xid: '900000000' }],
    ['a form that is not known', { version: 2 }],
    ['a transaction that is no number', { xid: "1'; drop table orders" }],
  ])('%s: unknown', async (_, change) => {
    const { evidence, dead } = await left('update orders set total = 9 where id = 9');
    await dead;
    const changed = { ...(evidence as Record<string, Json>), ...change };
    expect(await shop.target().recover(changed, signal)).toEqual({ outcome: 'unknown', ran: null });
  });

  test('from no evidence is unknown', async () => {
    expect(await shop.target().recover(null, signal)).toEqual({ outcome: 'unknown', ran: null });
  });

  test('says that the server cannot be reached, rather than settle it', async () => {
    const { evidence, dead } = await left('update orders set total = 9 where id = 9');
    await dead;
    proxy.refusing = true;
    const target = shop.target({ url: proxy.url }, fastRuntime(100));
    await expect(target.recover(evidence, signal)).rejects.toMatchObject({
      code: 'target_unavailable',
      message: 'The target cannot be reached: unreachable.',
    });
    await target.close();
    proxy.refusing = false;
  });
});
