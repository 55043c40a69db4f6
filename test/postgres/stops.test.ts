/** What ends an execution early: a stop, the clock, an administrator. Observed at the server. */

import { CountersignError } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Target } from '../../packages/gateway/src/protocols/protocol.ts';
import { until } from '../support/until.ts';
import { fastRuntime, limits, openShop, read, type Shop, write } from './support.ts';
import { isCommit, TcpProxy } from './tcp-proxy.ts';

let shop: Shop;
let target: Target;

beforeAll(async () => {
  shop = await openShop();
  target = shop.target();
});
afterAll(async () => await shop[Symbol.asyncDispose]());

const running = async (text: string) =>
  (await shop.sessions()).filter(({ state, query }) => state === 'active' && query.includes(text));

describe('a stop', () => {
  test.each([
    ['a stop', new CountersignError('stopped'), 'stopped'],
    ['a cancellation without a reason of ours', undefined, 'cancelled'],
    ['a shutdown', new CountersignError('shutting_down'), 'shutting_down'],
  ])('%s ends a running read at the server', async (_, reason, code) => {
    const stop = new AbortController();
    const executing = read(target, 'select pg_sleep(30)::text', ['pg_sleep'], {
      context: { signal: stop.signal },
    });
    await until(async () => (await running('pg_sleep(30)')).length === 1);
    stop.abort(reason);
    expect(await executing).toEqual({ outcome: 'failed', code, ran: 'rolled_back', message: null });
    await until(async () => (await running('pg_sleep(30)')).length === 0);
  });

  test('undoes a running write', async () => {
    const stop = new AbortController();
    const sql = 'with slow as (select pg_sleep(30)) update orders set total = 0 from slow where id <= 5';
    const executing = write(target, sql, [], { context: { signal: stop.signal } });
    await until(async () => (await running('update orders')).length === 1);
    stop.abort(new CountersignError('stopped'));
    expect(await executing).toEqual({
      outcome: 'failed',
      code: 'stopped',
      ran: 'rolled_back',
      message: null,
    });
    expect(await shop.rows('select count(*)::text as n from orders where total = 0')).toEqual([{ n: '0' }]);
    await until(async () => (await running('update orders')).length === 0);
    expect(
      await shop.rows("select pid from pg_locks where relation = 'orders'::regclass and mode like 'Row%'"),
    ).toEqual([]);
  });

  test('before anything was sent runs nothing', async () => {
    const context = { signal: AbortSignal.abort(new CountersignError('stopped')) };
    const nothing = { outcome: 'failed', code: 'stopped', ran: 'no', message: null };
    expect(await write(target, 'delete from orders', [], { context })).toEqual(nothing);
    expect(await read(target, 'select 1', ['x'], { context })).toEqual(nothing);
  });

  test('while the intent is being written runs nothing', async () => {
    const stop = new AbortController();
    const started = () => {
      stop.abort(new CountersignError('stopped'));
      return Promise.resolve();
    };
    const context = { signal: stop.signal, started };
    expect(await write(target, 'delete from orders', [], { context })).toEqual({
      outcome: 'failed',
      code: 'stopped',
      ran: 'no',
      message: null,
    });
  });

  test('after COMMIT was sent changes nothing', async () => {
    await using proxy = await TcpProxy.inFrontOf(shop.url);
    const stop = new AbortController();
    proxy.judge = (chunk) => {
      if (isCommit(chunk)) stop.abort(new CountersignError('stopped'));
      return 'pass';
    };
    const proxied = shop.target({ url: proxy.url });
    const sql = 'update orders set total = 77 where id = 7';
    expect(await write(proxied, sql, [], { context: { signal: stop.signal } })).toMatchObject({
      outcome: 'succeeded',
      result: { affected: 1 },
    });
    expect(await shop.rows('select total::text from orders where id = 7')).toEqual([{ total: '77.00' }]);
    await proxied.close();
  });

  test('never 37: ends the call it is meant for, and no other of the same login', async () => {
    const stop = new AbortController();
    const other = read(target, "select pg_sleep(1), 'other' as name", ['pg_sleep', 'name']);
    const executing = read(target, 'select pg_sleep(20)::text', ['x'], { context: { signal: stop.signal } });
    await until(async () => (await running('pg_sleep')).length === 2);
    stop.abort();
    expect(await executing).toMatchObject({ code: 'cancelled' });
    expect(await other).toMatchObject({ outcome: 'succeeded' });
  });

  test('reaches a statement that ignores the cancel: its backend is ended', async () => {
    await shop.rows(`create function stubborn() returns int language plpgsql as $$ begin
      loop begin perform pg_sleep(30); exception when query_canceled then null; end; end loop; end $$`);
    const fast = shop.target({ url: shop.url }, fastRuntime(20));
    const stop = new AbortController();
    const executing = write(fast, 'select stubborn()', ['stubborn'], {
      context: { signal: stop.signal, limits: { ...limits, timeoutMs: 600_000 } },
    });
    await until(async () => (await running('stubborn')).length === 1);
    stop.abort(new CountersignError('stopped'));
    expect(await executing).toMatchObject({ outcome: 'failed', code: 'stopped' });
    await until(async () => (await running('stubborn')).length === 0);
  });
});

describe('the clock', () => {
  test('ends a read at the server', async () => {
    const context = { limits: { ...limits, timeoutMs: 200 } };
    expect(await read(target, 'select pg_sleep(31)::text', ['x'], { context })).toEqual({
      outcome: 'failed',
      code: 'timed_out',
      ran: 'rolled_back',
      message: null,
    });
    await until(async () => (await running('pg_sleep(31)')).length === 0);
  });

  test('counts all batches of a read together', async () => {
    const context = { limits: { ...limits, timeoutMs: 300 } };
    const sql = 'select i, pg_sleep(0.005)::text from generate_series(1, 900) as i';
    expect(await read(target, sql, ['i', 'x'], { context })).toMatchObject({ code: 'timed_out' });
  });

  test('undoes a write that waits for a lock', async () => {
    await using _ = await shop.lock('orders');
    const context = { limits: { ...limits, timeoutMs: 200 } };
    expect(await write(target, 'update orders set total = 0 where id = 1', [], { context })).toMatchObject({
      outcome: 'failed',
      code: 'timed_out',
      ran: 'rolled_back',
    });
  });

  test('holds at the server too, should the gateway be gone', async () => {
    const sql = `select current_setting('statement_timeout') as a, current_setting('idle_in_transaction_session_timeout') as b,
      current_setting('lock_timeout') as c`;
    const context = { limits: { ...limits, timeoutMs: 3000 } };
    expect(await read(target, sql, ['a', 'b', 'c'], { context })).toMatchObject({
      result: { rows: [['5s', '5s', '5s']] },
    });
  });
});

describe('an administrator who ends the backend', () => {
  const end = async (text: string) => {
    await until(async () => (await running(text)).length === 1);
    await shop.rows('select pg_terminate_backend($1::int)', [(await running(text))[0]?.pid]);
  };

  test('of a read leaves a clear failure, and the next call works', async () => {
    const executing = read(target, 'select pg_sleep(32)::text', ['x']);
    await end('pg_sleep(32)');
    expect(await executing).toEqual({
      outcome: 'failed',
      code: 'target_unavailable',
      ran: 'rolled_back',
      message: null,
    });
    expect(await read(target, 'select 1 as x', ['x'])).toMatchObject({ outcome: 'succeeded' });
  });

  test('of a write before COMMIT has undone it', async () => {
    const executing = write(target, 'with s as (select pg_sleep(33)) delete from orders using s');
    await end('pg_sleep(33)');
    expect(await executing).toEqual({
      outcome: 'failed',
      code: 'target_unavailable',
      ran: 'rolled_back',
      message: null,
    });
    expect(await shop.rows('select count(*)::text as n from orders')).toEqual([{ n: '100' }]);
  });

  test('of idle backends is not noticed by the next calls', async () => {
    await Promise.all([1, 2, 3].map(() => read(target, 'select 1 as x', ['x'])));
    await shop.rows(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'countersign' and datname = current_database()",
    );
    const sql = 'update orders set total = 1 where id = 1';
    const executions = await Promise.all([1, 2, 3].map(() => write(target, sql)));
    expect(executions.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  test('who only cancels the statement leaves a failure of the target', async () => {
    const executing = read(target, 'select pg_sleep(34)::text', ['x']);
    await until(async () => (await running('pg_sleep(34)')).length === 1);
    await shop.rows('select pg_cancel_backend($1::int)', [(await running('pg_sleep(34)'))[0]?.pid]);
    expect(await executing).toMatchObject({ outcome: 'failed', code: 'target_error', ran: 'rolled_back' });
  });
});
