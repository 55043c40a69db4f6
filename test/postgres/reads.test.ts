/** Reads, run by the gateway on a real server and observed from another connection. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Target } from '../../packages/gateway/src/protocols/protocol.ts';
import { until } from '../support/until.ts';
import { analysisOf, contextOf, limits, openMasks, openShop, read, type Shop } from './support.ts';

let shop: Shop;
let target: Target;

beforeAll(async () => {
  shop = await openShop();
  target = shop.target();
});
afterAll(async () => await shop[Symbol.asyncDispose]());

describe('a read', () => {
  test('returns columns by their labels and cells as the server writes them', async () => {
    const sql = `select id as "Nr", total, null::int as nothing, true as yes, '{1,2}'::int[] as list, '{"a": 1}'::jsonb as doc,
      '2026-01-02 03:04:05+00'::timestamptz as at, '\\x6162'::bytea as raw from orders where id = $1`;
    const outputs = ['Nr', 'total', 'nothing', 'yes', 'list', 'doc', 'at', 'raw'];
    expect(await read(target, sql, outputs, { params: [2] })).toEqual({
      outcome: 'succeeded',
      result: {
        columns: outputs,
        rows: [['2', '3.00', null, 't', '{1,2}', '{"a": 1}', '2026-01-02 03:04:05+00', '\\x6162']],
        truncated: false,
      },
    });
  });

  test('takes parameters as text, typed by the server', async () => {
    const sql = 'select $1::int + 1 as a, $2::boolean as b, $3::text as c, $4::jsonb as d';
    const execution = await read(target, sql, ['a', 'b', 'c', 'd'], {
      params: [41, false, null, '{"k":[1]}'],
    });
    expect(execution).toMatchObject({ result: { rows: [['42', 'f', null, '{"k": [1]}']] } });
  });

  test('of many rows comes whole, batch by batch', async () => {
    const execution = await read(target, 'select id from customers order by id', ['id'], {
      context: { limits: { ...limits, rows: 5000 } },
    });
    expect(execution.outcome === 'succeeded' && execution.result).toMatchObject({ truncated: false });
    const rows = execution.outcome === 'succeeded' && 'rows' in execution.result ? execution.result.rows : [];
    expect(rows.map(([id]) => Number(id))).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
  });

  test('with exactly as many rows as the cap is not truncated', async () => {
    const sql = 'select id from orders';
    const context = { limits: { ...limits, rows: 100 } };
    expect(await read(target, sql, ['id'], { context })).toMatchObject({ result: { truncated: false } });
    const one = { limits: { ...limits, rows: 99 } };
    expect(await read(target, sql, ['id'], { context: one })).toMatchObject({ result: { truncated: true } });
  });

  test('that touches nothing at all works', async () => {
    expect(await read(target, 'select', [])).toEqual({
      outcome: 'succeeded',
      result: { columns: [], rows: [[]], truncated: false },
    });
  });

  test('of several statements returns the last one', async () => {
    const sql = 'select 1; select id, name from customers where id = 7';
    const [first, second] = ['select 1', ' select id, name from customers where id = 7'] as const;
    const analysis = analysisOf([{ text: first }, { text: second }], ['id', 'name']);
    expect(await target.execute(target.parse({ sql }), analysis, contextOf())).toMatchObject({
      result: { rows: [['7', 'customer 7']] },
    });
  });
});

describe('caps', () => {
  test('on rows stop the query at the server', async () => {
    const sql = 'select i, pg_sleep(0.001)::text from generate_series(1, 1000000) as i';
    const started = performance.now();
    const execution = await read(target, sql, ['i', 'pg_sleep'], {
      context: { limits: { ...limits, rows: 40 } },
    });
    expect(execution).toMatchObject({ outcome: 'succeeded', result: { truncated: true } });
    expect(
      execution.outcome === 'succeeded' && 'rows' in execution.result && execution.result.rows,
    ).toHaveLength(40);
    expect(performance.now() - started).toBeLessThan(15_000);
    await until(async () => (await shop.sessions()).every(({ state }) => state === 'idle'));
  });

  test('on bytes cut the result before they are passed', async () => {
    const sql = "select repeat('x', 1000) as x from generate_series(1, 100000)";
    const execution = await read(target, sql, ['x'], { context: { limits: { ...limits, bytes: 10_500 } } });
    expect(execution).toMatchObject({ outcome: 'succeeded', result: { truncated: true } });
    expect(
      execution.outcome === 'succeeded' && 'rows' in execution.result && execution.result.rows,
    ).toHaveLength(10);
  });

  test('on bytes refuse a result whose first row does not fit', async () => {
    const execution = await read(target, "select repeat('x', 2000) as x", ['x'], {
      context: { limits: { ...limits, bytes: 1000 } },
    });
    expect(execution).toEqual({
      outcome: 'failed',
      code: 'result_too_large',
      ran: 'rolled_back',
      message: null,
    });
  });

  test('never 41: an oversized cell is stopped on the wire, and not held in memory', async () => {
    const before = process.memoryUsage().rss;
    const execution = await read(target, "select repeat('x', 50000000) as x", ['x'], {
      context: { limits: { ...limits, bytes: 1000 } },
    });
    expect(execution).toEqual({
      outcome: 'failed',
      code: 'result_too_large',
      ran: 'rolled_back',
      message: null,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(30_000_000);
    expect(await read(target, 'select 1 as one', ['one'])).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('masks', () => {
  const hidden = {
    masks: {
      ...openMasks,
      columns: [
        null,
        {
          with: 'redact' as const,
          columns: ['column:public.customers.ssn' as const],
          domain: 'd',
          nulls: 'shown' as const,
        },
      ],
    },
    masker: {
      cell: (index: number, text: string | null) => (index === 1 && text !== null ? '[redacted]' : text),
      touches: (index: number) => index === 1,
      message: () => null,
    },
  };

  test('are applied by position, whatever the label', async () => {
    const execution = await read(
      target,
      'select id, ssn as harmless from customers where id <= 2',
      ['id', 'harmless'],
      {
        context: hidden,
      },
    );
    expect(execution).toMatchObject({
      result: {
        columns: ['id', 'harmless'],
        rows: [
          ['1', '[redacted]'],
          ['2', '[redacted]'],
        ],
      },
    });
  });

  test('never 38: other columns than were analysed are not released', async () => {
    const execution = await read(target, 'select ssn, id, ssn from customers', ['id', 'ssn'], {
      context: hidden,
    });
    expect(execution).toEqual({
      outcome: 'failed',
      code: 'unknown_effect',
      ran: 'rolled_back',
      message: null,
    });
  });

  test('never 39 and 42: where a value could stand in an error, the error says nothing', async () => {
    const sql = "select id, ssn::int from customers where ssn = '000-00-7'";
    const failed = { outcome: 'failed', code: 'target_error', ran: 'rolled_back', message: null };
    const masks = { ...hidden.masks, showErrors: false };
    const execution = await read(target, sql, ['id', 'ssn'], { context: { ...hidden, masks } });
    expect(execution).toEqual(failed);
    expect(JSON.stringify(execution)).not.toContain('000-00-7');
  });
});

describe('an error of the server', () => {
  test('comes with its message and code where it may be shown, and goes through the masker', async () => {
    const context = {
      masker: { ...contextOf().masker, message: (text: string) => text.replace('nonsense', '***') },
    };
    expect(await read(target, 'select nonsense from customers', ['x'], { context })).toEqual({
      outcome: 'failed',
      code: 'target_error',
      ran: 'rolled_back',
      message: 'column "***" does not exist (SQLSTATE 42703)',
    });
  });

  test('never 39: keeps DETAIL, HINT and CONTEXT to itself', async () => {
    await shop.rows(`create or replace function leaky() returns int language plpgsql as $$
      begin raise exception 'told' using detail = 'secret detail', hint = 'secret hint'; end $$`);
    const execution = await read(target, 'select leaky()', ['leaky']);
    expect(execution).toMatchObject({ code: 'target_error', message: 'told (SQLSTATE P0001)' });
    expect(JSON.stringify(execution)).not.toContain('secret');
  });

  test('for a wrong number of parameters is the statement’s, not the connection’s', async () => {
    expect(await read(target, 'select $1::int', ['int4'])).toMatchObject({
      code: 'target_error',
      message: 'bind message supplies 0 parameters, but prepared statement "" requires 1 (SQLSTATE 08P01)',
    });
  });
});

describe('never 31: nothing leaves the read-only transaction', () => {
  test.each([
    ['COMMIT; DELETE FROM orders', 'target_error'],
    ['/* select */ COMMIT', 'wall_refused'],
    ['ROLLBACK AND CHAIN', 'unknown_effect'],
    ['delete from orders', 'wall_refused'],
    ['with gone as (delete from orders returning id) select id from gone', 'wall_refused'],
    ['create table escaped ()', 'wall_refused'],
    ["select setval('orders_seq', 1)", 'wall_refused'],
    ['select id from orders for update', 'wall_refused'],
    ['copy orders to stdout', 'unknown_effect'],
    ['set transaction read write', 'target_error'],
  ])('%s', async (sql, code) => {
    await shop.rows('create sequence if not exists orders_seq');
    const execution = await read(target, sql, ['id']);
    expect(execution).toMatchObject({ outcome: 'failed', code });
    expect(
      await shop.rows("select count(*)::text as n, to_regclass('escaped')::text as t from orders"),
    ).toEqual([{ n: '100', t: null }]);
  });

  test('the server reads quotes as the parser does, whatever the login’s default is', async () => {
    const url = new URL(shop.url);
    url.searchParams.set('options', '-c standard_conforming_strings=off');
    const odd = shop.target({ url: url.href });
    expect(await read(odd, String.raw`select '\' as a, ' as b'::text`, ['a', 'text'])).toMatchObject({
      result: { rows: [['\\', ' as b']] },
    });
  });
});

describe('never 36: a backend starts clean', () => {
  test('settings, temporary tables, locks and listening of one call do not reach the next', async () => {
    const pids = new Set<string | null>();
    for (let call = 0; call < 4; call++) {
      const asked = `select pg_backend_pid(), current_setting('countersign.mark', true), current_schemas(false)::text,
        set_config('countersign.mark', 'left', false), pg_advisory_lock(4711)::text`;
      const execution = await read(target, asked, ['pid', 'mark', 'path', 'set', 'lock']);
      const rows =
        execution.outcome === 'succeeded' && 'rows' in execution.result ? execution.result.rows : [];
      const [pid = null, mark, path] = rows[0] ?? [];
      pids.add(pid);
      expect([mark ?? '', path]).toEqual(['', '{public}']);
      const sql = "select set_config('search_path', 'pg_catalog', false)";
      expect(await read(target, sql, ['path'])).toMatchObject({ code: 'schema_changed' });
    }
    // Backends were used again, or nothing was shown.
    expect(pids.size).toBeLessThan(4);
    await until(
      async () => (await shop.rows("select pid from pg_locks where locktype = 'advisory'")).length === 0,
    );
  });

  test('after an error the next call finds no transaction open', async () => {
    await read(target, 'select 1/0', ['x']);
    await until(async () => (await shop.sessions()).every(({ state }) => state === 'idle'));
    expect(await read(target, 'select 1 as one', ['one'])).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('a schema that changed', () => {
  test('between analysis and execution releases no row, and the next analysis sees it', async () => {
    const [row] = await shop.rows(
      "select oid::text, xmin::text from pg_class where oid = 'customers'::regclass",
    );
    const reliedOn = [{ catalog: 'pg_class', oid: `oid ${row?.['oid']}`, xmin: row?.['xmin'] ?? '' }];
    const sql = 'select * from customers where id = 1';
    const analysis = analysisOf([{ text: sql }], ['id', 'name', 'ssn'], { reliedOn });
    const input = target.parse({ sql });
    expect(await target.execute(input, analysis, contextOf())).toMatchObject({ outcome: 'succeeded' });
    await shop.rows('alter table customers add column added text');
    expect(await target.execute(input, analysis, contextOf())).toEqual({
      outcome: 'failed',
      code: 'schema_changed',
      ran: 'rolled_back',
      message: null,
    });
    await shop.rows('alter table customers drop column added');
  });

  test('to another major version counts as changed', async () => {
    const analysis = analysisOf([{ text: 'select 1' }], ['x'], { major: 14 });
    const execution = await target.execute(target.parse({ sql: 'select 1' }), analysis, contextOf());
    expect(execution).toMatchObject({ outcome: 'failed', code: 'schema_changed' });
  });
});

test('never 22: an analysis of another text is not run', async () => {
  const analysis = analysisOf([{ text: 'select 2' }], ['x']);
  const execution = await target.execute(target.parse({ sql: 'select 1' }), analysis, contextOf());
  expect(execution).toEqual({ outcome: 'failed', code: 'internal', ran: 'no', message: null });
});
