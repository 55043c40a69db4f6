/** A target that is down, restarted, slow or full: clear codes, nothing half done, and recovery without a restart of ours. */

import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { until } from '../support/until.ts';
import { connect, limits, read, write } from './support.ts';
import { TcpProxy } from './tcp-proxy.ts';

const signal = new AbortController().signal;
let server: PostgresServer;
let url: string;

beforeAll(async () => {
  server = await startPostgres({
    shared: false,
    settings: { max_connections: '12', superuser_reserved_connections: '3' },
  });
  const database = await server.createDatabase({
    seed: `create table orders (id int primary key, total int); insert into orders values (1, 1);
      create role agent login password 'hunter2'; grant all on orders to agent`,
  });
  const asAgent = new URL(database.url);
  asAgent.username = 'agent';
  asAgent.password = 'hunter2';
  url = asAgent.href;
});
afterAll(() => server.stop());

// A session that was closed keeps its place until its backend has ended, and here there are few places.
beforeEach(async () => {
  const observer = await observe();
  const others =
    "select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
  await until(async () => (await observer.query(others)).rowCount === 0);
  await observer.end();
});

const unavailable = {
  code: 'target_unavailable',
  message: expect.stringMatching(/^The target cannot be reached/),
};

describe('a target that is down', () => {
  test('does not keep a connection from being set up, and is clear at every call', async () => {
    const target = connect({ url: 'postgres://agent:hunter2@127.0.0.1:1/shop' });
    const input = target.parse({ sql: 'select 1' });
    await expect(target.analyse(input, signal)).rejects.toMatchObject(unavailable);
    await expect(target.ping(signal)).rejects.toMatchObject(unavailable);
    expect(await read(target, 'select 1', ['x'])).toEqual({
      outcome: 'failed',
      code: 'target_unavailable',
      ran: 'no',
      message: null,
    });
    expect(await write(target, 'delete from orders')).toMatchObject({
      code: 'target_unavailable',
      ran: 'no',
    });
    await target.close();
  });

  test('never 42: no credential, host or login stands in any error', async () => {
    const wrong = new URL(url);
    wrong.password = 'wrong-password';
    const target = connect({ url: wrong.href });
    const error: unknown = await target
      .analyse(target.parse({ sql: 'select 1' }), signal)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'target_unavailable',
      message: 'The target cannot be reached: 28P01.',
    });
    const told = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).stack);
    for (const secret of ['wrong-password', 'hunter2', 'agent', '127.0.0.1'])
      expect(told).not.toContain(secret);
    await target.close();
  });

  test('that comes back is used again, and what it interrupted is told', async () => {
    const target = connect({ url });
    expect(await write(target, 'update orders set total = 2')).toMatchObject({ outcome: 'succeeded' });
    const cut = read(target, 'select pg_sleep(60)::text', ['x']);
    const cutWrite = write(target, 'with s as (select pg_sleep(60)) update orders set total = 3 from s');
    const observer = await observe();
    await until(async () => (await busy(observer)) === 2);
    await observer.end();
    await server.restart('immediate');
    expect(await cut).toEqual({
      outcome: 'failed',
      code: 'target_unavailable',
      ran: 'rolled_back',
      message: null,
    });
    expect(await cutWrite).toMatchObject({ code: 'target_unavailable', ran: 'rolled_back' });
    expect(await read(target, 'select total from orders', ['total'])).toMatchObject({
      result: { rows: [['2']] },
    });
    await target.close();
  });

  test('never 49: a write that committed before a crash is found committed after it', async () => {
    const target = connect({ url });
    const { promise: evidence, resolve } = Promise.withResolvers<never>();
    const started = (seen: unknown) => Promise.resolve(resolve(seen as never));
    await write(target, 'update orders set total = 5', [], { context: { started } });
    await server.restart('immediate');
    expect(await target.recover(await evidence, signal)).toEqual({ outcome: 'succeeded', ran: null });
    await target.close();
  });
});

test('a target out of connections says so, and is used again when there is room', async () => {
  const target = connect({ url });
  const others: Client[] = [];
  const take = async () => {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    others.push(client);
  };
  await expect(
    (async () => {
      for (;;) await take();
    })(),
  ).rejects.toMatchObject({ code: '53300' });
  expect(await write(target, 'update orders set total = 6')).toEqual({
    outcome: 'failed',
    code: 'target_unavailable',
    ran: 'no',
    message: null,
  });
  await expect(target.ping(signal)).rejects.toMatchObject({
    message: 'The target cannot be reached: 53300.',
  });
  await Promise.all(others.map((client) => client.end()));
  await until(async () => (await read(target, 'select 1', ['x'])).outcome === 'succeeded');
  await target.close();
});

test('more calls than backends wait their turn, and give up in time', async () => {
  const target = connect({ url });
  const started = performance.now();
  const many = Array.from({ length: 16 }, () => read(target, 'select pg_sleep(0.2)::text', ['x']));
  const outcomes = (await Promise.all(many)).map(({ outcome }) => outcome);
  // Nine connections are free for ordinary logins; a call that found none failed clearly.
  expect(outcomes.filter((outcome) => outcome === 'succeeded').length).toBeGreaterThanOrEqual(9);
  expect(performance.now() - started).toBeLessThan(15_000);
  await target.close();
});

test('a target that accepts and then says nothing is given up, and a stop does not wait for it', async () => {
  await using proxy = await TcpProxy.inFrontOf(url);
  proxy.judge = () => 'swallow';
  const target = connect({ url: proxy.url });
  const stop = new AbortController();
  const executing = read(target, 'select 1', ['x'], { context: { signal: stop.signal } });
  setTimeout(() => stop.abort(), 100);
  expect(await executing).toMatchObject({ code: 'cancelled', ran: 'no' });
  expect(
    await read(target, 'select 1', ['x'], { context: { limits: { ...limits, timeoutMs: 200 } } }),
  ).toMatchObject({ code: 'timed_out', ran: 'no' });
  proxy.judge = () => 'pass';
  proxy.cut();
  await target.close();
});

describe('closing', () => {
  test('ends what runs, and leaves no session behind', async () => {
    const target = connect({ url });
    await read(target, 'select 1', ['x']);
    const running = read(target, 'select pg_sleep(60)::text', ['x']);
    const observer = await observe();
    await until(async () => (await busy(observer)) === 1);
    await target.close();
    expect(await running).toMatchObject({ code: 'shutting_down', ran: 'rolled_back' });
    const left = "select pid from pg_stat_activity where application_name = 'countersign'";
    await until(async () => (await observer.query(left)).rows.length === 0);
    await observer.end();
  });

  test('is done once, and nothing runs afterwards', async () => {
    const target = connect({ url });
    await Promise.all([target.close(), target.close()]);
    await expect(target.analyse(target.parse({ sql: 'select 1' }), signal)).rejects.toMatchObject({
      code: 'shutting_down',
    });
    expect(await read(target, 'select 1', ['x'])).toMatchObject({
      outcome: 'failed',
      code: 'shutting_down',
      ran: 'no',
    });
  });
});

async function observe(): Promise<Client> {
  const observer = new Client({ connectionString: server.url });
  observer.on('error', () => {});
  await observer.connect();
  return observer;
}

async function busy(observer: Client): Promise<number> {
  const { rows } = await observer.query(
    "select pid from pg_stat_activity where application_name = 'countersign' and state = 'active'",
  );
  return rows.length;
}
