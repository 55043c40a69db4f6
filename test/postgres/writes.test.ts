/** Writes, run by the gateway on a real server and observed from another connection. */

import { CountersignError, type Json } from '@countersign/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Target } from '../../packages/gateway/src/protocols/protocol.ts';
import { until } from '../support/until.ts';
import { analysisOf, contextOf, limits, openShop, type Shop, write, writes } from './support.ts';

let shop: Shop;
let target: Target;

beforeAll(async () => {
  shop = await openShop();
  target = shop.target();
});
afterAll(async () => await shop[Symbol.asyncDispose]());
afterEach(async () => {
  await shop.rows('update orders set total = id * 1.5 where total <> id * 1.5');
});

const total = async (id: number) =>
  (await shop.rows('select total::text from orders where id = $1', [id]))[0]?.['total'];

describe('a write', () => {
  test('takes effect, returns what it returns, and counts its rows', async () => {
    const sql = 'update orders set total = $1 where id <= $2 returning id, total';
    expect(await write(target, sql, ['id', 'total'], { params: [5.25, 2] })).toEqual({
      outcome: 'succeeded',
      result: {
        columns: ['id', 'total'],
        rows: [
          ['1', '5.25'],
          ['2', '5.25'],
        ],
        truncated: false,
        affected: 2,
      },
    });
    expect(await total(1)).toBe('5.25');
  });

  test('that returns nothing has no columns', async () => {
    expect(await write(target, 'insert into orders values (500, 1, 1), (501, 1, 1)')).toEqual({
      outcome: 'succeeded',
      result: { columns: [], rows: [], truncated: false, affected: 2 },
    });
    expect(await write(target, 'delete from orders where id >= 500')).toMatchObject({
      result: { affected: 2 },
    });
  });

  test('of several statements is one transaction, and returns the last one', async () => {
    const texts = [
      'update orders set total = 1 where id = 3',
      ' update orders set total = 2 where id in (3, 4) returning id',
    ];
    const input = target.parse({ sql: texts.join(';') });
    const analysis = analysisOf(
      texts.map((text) => ({ text })),
      ['id'],
      { effects: writes },
    );
    expect(await target.execute(input, analysis, contextOf())).toMatchObject({
      result: { rows: [['3'], ['4']], affected: 2 },
    });
    const failing = [
      'update orders set total = 7 where id = 3',
      ' update orders set total = -1 where id = 4',
    ];
    const execution = await target.execute(
      target.parse({ sql: failing.join(';') }),
      analysisOf(
        failing.map((text) => ({ text })),
        [],
        { effects: writes },
      ),
      contextOf(),
    );
    expect(execution).toMatchObject({ outcome: 'failed', code: 'target_error', ran: 'rolled_back' });
    expect(await total(3)).toBe('2.00');
  });

  test('never 39: a violated constraint does not print the row', async () => {
    const execution = await write(target, 'update orders set total = -99.5 where id = 5');
    expect(execution).toEqual({
      outcome: 'failed',
      code: 'target_error',
      ran: 'rolled_back',
      message:
        'new row for relation "orders" violates check constraint "orders_total_check" (SQLSTATE 23514)',
    });
  });

  test('whose deferred constraint fails at COMMIT is rolled back, and says so', async () => {
    const sql = 'set constraints all deferred; update orders set customer = 99999 where id = 6';
    const texts = ['set constraints all deferred', ' update orders set customer = 99999 where id = 6'];
    const analysis = analysisOf(
      texts.map((text) => ({ text })),
      [],
      { effects: writes },
    );
    expect(await target.execute(target.parse({ sql }), analysis, contextOf())).toEqual({
      outcome: 'failed',
      code: 'target_error',
      ran: 'rolled_back',
      message:
        'insert or update on table "orders" violates foreign key constraint "orders_customer_fkey" (SQLSTATE 23503)',
    });
    expect(await shop.rows('select customer::text from orders where id = 6')).toEqual([{ customer: '6' }]);
  });

  test('is undone where its result does not fit', async () => {
    const small = { limits: { ...limits, rows: 10 } };
    const sql = 'update orders set total = 0 returning id';
    expect(await write(target, sql, ['id'], { context: small })).toEqual({
      outcome: 'failed',
      code: 'result_too_large',
      ran: 'rolled_back',
      message: null,
    });
    const narrow = { limits: { ...limits, bytes: 50 } };
    expect(await write(target, sql, ['id'], { context: narrow })).toMatchObject({ code: 'result_too_large' });
    expect(await total(9)).toBe('13.50');
  });

  test('that returns other columns than were analysed is undone', async () => {
    expect(await write(target, 'update orders set total = 0 where id = 1 returning *', ['id'])).toMatchObject(
      {
        outcome: 'failed',
        code: 'unknown_effect',
        ran: 'rolled_back',
      },
    );
    expect(await total(1)).toBe('1.50');
  });

  test('whose mask fails is undone', async () => {
    const masker = {
      ...contextOf().masker,
      touches: () => true,
      cell: (): string => {
        throw new Error('a detector failed');
      },
    };
    const sql = 'update orders set total = 0 where id = 1 returning id';
    expect(await write(target, sql, ['id'], { context: { masker } })).toMatchObject({
      outcome: 'failed',
      code: 'internal',
      ran: 'rolled_back',
    });
    expect(await total(1)).toBe('1.50');
  });

  test('that may act outside its transaction says so when it fails', async () => {
    const sql = 'select 1 / 0 as x';
    const effects = [{ action: 'execute' as const, resource: 'function:public.f()' as const }];
    const analysis = analysisOf([{ text: sql, readOnly: false }], ['x'], { effects });
    expect(await target.execute(target.parse({ sql }), analysis, contextOf())).toMatchObject({
      outcome: 'failed',
      ran: 'maybe_outside',
    });
  });
});

describe('the evidence', () => {
  test('is durable before the statement is sent', async () => {
    let seen: Json = null;
    const started = async (evidence: Json) => {
      seen = evidence;
      const [session] = await shop.rows(
        `select a.state, backend_xid::text as xid, extract(epoch from backend_start)::text as started, a.pid::text,
           (select count(*)::text from pg_locks l where l.pid = a.pid and l.relation = 'orders'::regclass) as locks
         from pg_stat_activity a where application_name = 'countersign' and datname = current_database() and backend_xid is not null`,
      );
      expect(session).toMatchObject({ state: 'idle in transaction', locks: '0' });
      expect(evidence).toMatchObject({
        version: 1,
        pid: session?.['pid'],
        xid: session?.['xid'],
        backendStart: session?.['started'],
      });
    };
    const sql = 'update orders set total = 3 where id = 1';
    expect(await write(target, sql, [], { context: { started } })).toMatchObject({ outcome: 'succeeded' });
    const [server] = await shop.rows('select system_identifier::text as id from pg_control_system()');
    expect(seen).toMatchObject({ systemIdentifier: server?.['id'], timeline: '00000001' });
  });

  test('never 50: a call that is no longer ours runs nothing', async () => {
    const started = () => Promise.reject(new CountersignError('stopped'));
    const sql = 'update orders set total = 3 where id = 2';
    expect(await write(target, sql, [], { context: { started } })).toEqual({
      outcome: 'failed',
      code: 'stopped',
      ran: 'no',
      message: null,
    });
    expect(await total(2)).toBe('3.00');
    const lost = () => Promise.reject(new Error('the store is gone'));
    expect(await write(target, sql, [], { context: { started: lost } })).toMatchObject({
      code: 'internal',
      ran: 'no',
    });
  });

  test('is not asked of a read', async () => {
    const analysis = analysisOf([{ text: 'select 1' }], ['x']);
    const started = () => Promise.reject(new Error('asked'));
    expect(
      await target.execute(target.parse({ sql: 'select 1' }), analysis, contextOf({ started })),
    ).toMatchObject({
      outcome: 'succeeded',
    });
  });
});

describe('a schema that changed', () => {
  const version = async () => {
    const [row] = await shop.rows(
      "select oid::text, xmin::text from pg_class where oid = 'orders'::regclass",
    );
    return [{ catalog: 'pg_class', oid: `oid ${row?.['oid']}`, xmin: row?.['xmin'] ?? '' }];
  };

  test('undoes the write', async () => {
    const sql = 'update orders set total = 8 where id = 8';
    const analysis = analysisOf([{ text: sql }], [], { effects: writes, reliedOn: await version() });
    await shop.rows("alter table orders add column note text default 'x'");
    expect(await target.execute(target.parse({ sql }), analysis, contextOf())).toEqual({
      outcome: 'failed',
      code: 'schema_changed',
      ran: 'rolled_back',
      message: null,
    });
    expect(await total(8)).toBe('12.00');
  });

  test('stops a statement on the catalog before it runs; its own change is no difference', async () => {
    const sql = 'alter table orders add column extra int';
    const effects = [{ action: 'schema' as const, resource: 'table:public.orders' as const }];
    const plan = [{ text: sql, readOnly: false, standsAlone: true }];
    const analysis = analysisOf(plan, [], { effects, reliedOn: await version() });
    expect(await target.execute(target.parse({ sql }), analysis, contextOf())).toEqual({
      outcome: 'succeeded',
      result: { columns: [], rows: [], truncated: false },
    });
    expect(await target.execute(target.parse({ sql }), analysis, contextOf())).toMatchObject({
      code: 'schema_changed',
    });
  });
});

test('never 17: a statement on the catalog keeps other changes of its tables out while it compares and runs', async () => {
  await shop.rows('create table "odd.name" (id int)');
  const sql = 'do $$ begin perform pg_sleep(0.3); end $$';
  const effects = [
    { action: 'schema' as const, resource: 'table:public.odd%2Ename' as const },
    { action: 'read' as const, resource: 'table:public.customers' as const },
    { action: 'schema' as const, resource: 'table:public.not_there' as const },
    { action: 'write' as const, resource: 'table:public.orders' as const, via: 'trigger t' },
  ];
  const analysis = analysisOf([{ text: sql, readOnly: false, standsAlone: true }], [], { effects });
  const executing = target.execute(target.parse({ sql }), analysis, contextOf());
  const held = `select relation::regclass::text as table, mode from pg_locks join pg_stat_activity using (pid)
    where application_name = 'countersign' and datname = current_database() and granted and relation >= 16384 order by 1`;
  await until(async () => (await shop.rows(held)).length === 2);
  expect(await shop.rows(held)).toEqual([
    { table: '"odd.name"', mode: 'ShareRowExclusiveLock' },
    { table: 'customers', mode: 'AccessShareLock' },
  ]);
  expect(await executing).toMatchObject({ outcome: 'succeeded' });
});

test('a statement that ends its own transaction leaves an unknown outcome, and its backend is thrown away', async () => {
  const input = target.parse({ sql: 'commit' });
  const analysis = analysisOf([{ text: 'commit' }], [], { effects: writes });
  expect(await target.execute(input, analysis, contextOf())).toEqual({
    outcome: 'unknown',
    code: 'outcome_unknown',
    message: null,
  });
});
