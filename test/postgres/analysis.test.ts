/** The whole protocol with the real analysis: what it says of a text, and that it then runs as it said. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Execution, Target } from '../../packages/gateway/src/protocols/protocol.ts';
import { contextOf, openShop, type Shop } from './support.ts';

const signal = new AbortController().signal;
let shop: Shop;
let target: Target;

beforeAll(async () => {
  shop = await openShop();
  target = shop.target();
});
afterAll(async () => await shop[Symbol.asyncDispose]());

type Parameters = readonly (string | number | boolean | null)[];
const parsed = (sql: string, params: Parameters = []) => target.parse({ sql, params: [...params] });

async function run(sql: string, params: Parameters = []): Promise<Execution> {
  const input = parsed(sql, params);
  return await target.execute(input, await target.analyse(input, signal), contextOf());
}

describe('a text', () => {
  test('is analysed and runs: a read', async () => {
    const analysis = await target.analyse(
      parsed('select id, name from customers where id = $1', [3]),
      signal,
    );
    expect(analysis.effects).toMatchObject([{ action: 'read', resource: 'table:public.customers' }]);
    expect(await run('select id, name as who from customers where id = $1', [3])).toMatchObject({
      outcome: 'succeeded',
      result: { columns: ['id', 'who'], rows: [['3', 'customer 3']] },
    });
  });

  test.each([
    'select * from customers c join orders o on o.customer = c.id limit 1',
    'select count(*), max(total) from orders',
    'with big as (select * from orders where total > 100) select id from big',
    'values (1, 2), (3, 4)',
    'table orders',
    'select row_to_json(c) from customers c where id = 1',
    'select o.*, 1 as one from orders o limit 1',
  ])('is analysed and runs: %s', async (sql) => {
    expect(await run(sql)).toMatchObject({ outcome: 'succeeded', result: { truncated: false } });
  });

  test('is analysed and runs: a write', async () => {
    expect(await run('update orders set total = $1 where id = $2 returning *', [9.5, 1])).toMatchObject({
      outcome: 'succeeded',
      result: { columns: ['id', 'customer', 'total'], rows: [['1', '1', '9.50']], affected: 1 },
    });
    expect(await run('insert into orders values (900, 1, 1)')).toMatchObject({ result: { affected: 1 } });
    expect(await run('delete from orders where id = 900')).toMatchObject({ result: { affected: 1 } });
  });

  test('is analysed and runs: a schema change, and the next call knows of it at once', async () => {
    expect(await run('create table notes (id int, body text)')).toMatchObject({ outcome: 'succeeded' });
    expect(await run("insert into notes values (1, 'x') returning body")).toMatchObject({
      outcome: 'succeeded',
    });
    expect(await run('alter table notes add column at date')).toMatchObject({ outcome: 'succeeded' });
    expect(await run('select * from notes')).toMatchObject({ result: { columns: ['id', 'body', 'at'] } });
  });

  test.each([
    'create index on notes (id)',
    'create view titles as select id, body from notes',
    'create or replace view titles as select id, body, at from notes',
    'create materialized view counts as select count(*) as n from notes',
    'refresh materialized view counts',
    "comment on table notes is 'what agents note'",
    'grant select on notes to public',
    'truncate notes',
    'drop materialized view counts',
    'drop view titles',
    'drop table notes',
  ])('is analysed and runs alone: %s', async (sql) => {
    expect(await run(sql)).toEqual({
      outcome: 'succeeded',
      result: { columns: [], rows: [], truncated: false },
    });
  });

  test('naming what is made elsewhere meanwhile is found in a fresh catalog', async () => {
    await expect(target.analyse(parsed('select * from later'), signal)).rejects.toMatchObject({
      code: 'unknown_object',
    });
    await shop.rows('create table later (id int)');
    expect(await run('select * from later')).toMatchObject({ result: { columns: ['id'] } });
  });

  test.each([
    ['begin', 'needs_native_session'],
    ['commit', 'needs_native_session'],
    ['set search_path to x', 'needs_native_session'],
    ['listen x', 'needs_native_session'],
    ['create index concurrently i on orders (total)', 'not_supported'],
    ['vacuum orders', 'not_supported'],
    ['select 1; drop table orders', 'must_stand_alone'],
    ['selec 1', 'parse_failed'],
    ['-- nothing', 'malformed'],
  ])('that cannot be run is denied: %s', async (sql, code) => {
    await expect(target.analyse(parsed(sql), signal)).rejects.toMatchObject({ code });
  });
});

describe('a schema that changes between analysis and execution', () => {
  test('of a view shows nothing and changes nothing', async () => {
    await shop.rows('create view slim as select id, name from customers');
    const input = parsed('select * from slim where id = 1');
    const analysis = await target.analyse(input, signal);
    await shop.rows('create or replace view slim as select id, ssn::text as name from customers');
    expect(await target.execute(input, analysis, contextOf())).toMatchObject({ code: 'schema_changed' });
    expect(await target.execute(input, await target.analyse(input, signal), contextOf())).toMatchObject({
      outcome: 'succeeded',
    });
  });

  test('never 17: a trigger added after the vote undoes the write', async () => {
    const input = parsed('update orders set total = 1 where id = 2');
    const analysis = await target.analyse(input, signal);
    await shop.rows(`create function wipe() returns trigger language plpgsql as $$
      begin delete from orders where id > 50; return new; end $$`);
    await shop.rows('create trigger wipe after update on orders for each row execute function wipe()');
    expect(await target.execute(input, analysis, contextOf())).toMatchObject({
      outcome: 'failed',
      code: 'schema_changed',
      ran: 'rolled_back',
    });
    expect(await shop.rows('select count(*)::text as n from orders')).toEqual([{ n: '100' }]);
    await shop.rows('drop trigger wipe on orders');
  });

  test('by a table of the same name earlier on the path is noticed', async () => {
    const input = parsed('select * from customers where id = 1');
    const analysis = await target.analyse(input, signal);
    const [me] = await shop.rows('select current_user::text as name');
    await shop.rows(`create schema "${me?.['name']}"`);
    await shop.rows(`create table "${me?.['name']}".customers (id int)`);
    expect(await target.execute(input, analysis, contextOf())).toMatchObject({ code: 'schema_changed' });
    await shop.rows(`drop schema "${me?.['name']}" cascade`);
  });
});

describe('the catalog', () => {
  test('is read once for calls that come together, and kept', async () => {
    const before = new Set((await shop.sessions()).map(({ pid }) => pid));
    const fresh = shop.target();
    const analyseAll = () =>
      Promise.all([1, 2, 3, 4, 5].map((n) => fresh.analyse(parsed(`select ${n} from orders`), signal)));
    await analyseAll();
    await analyseAll();
    const opened = (await shop.sessions()).filter(({ pid }) => !before.has(pid));
    expect(opened).toHaveLength(1);
  });

  test('is not waited for after a stop', async () => {
    const stop = new AbortController();
    const analysing = shop.target().analyse(parsed('select 1'), stop.signal);
    stop.abort(new Error('enough'));
    await expect(analysing).rejects.toThrow('enough');
  });
});

describe('a preview', () => {
  beforeAll(() => {
    target = shop.target();
  });

  const previewOf = async (sql: string, params: Parameters = []) => {
    const input = parsed(sql, params);
    const analysis = await target.analyse(input, signal);
    const reaches = target.previewReachesTarget(input, analysis);
    return { ...(await target.preview(input, analysis, signal)), reaches };
  };

  test('shows the statement, its parameters, its effects in words and the planner’s estimate', async () => {
    await shop.rows('analyze orders');
    expect(await previewOf('update orders set total = $1', [1])).toEqual({
      input: [
        { label: 'statement', text: 'update orders set total = $1' },
        { label: 'parameter 1', text: '1' },
      ],
      words: expect.arrayContaining([expect.stringContaining('public.orders')]),
      impact: { count: 100, unit: 'rows', how: 'estimate', why: null },
      locks: ['ROW EXCLUSIVE on public.orders: others read and write on, but for the rows it changes'],
      notes: [
        'No wall login is configured.',
        'Bound to this approval: the statement, not what it changes. Other rows than today’s may match when it runs.',
      ],
      reaches: true,
    });
  });

  test('estimates what a write in a CTE changes, not what comes back', async () => {
    const { impact } = await previewOf(
      'with gone as (delete from orders returning *) select count(*) from gone',
    );
    expect(impact).toMatchObject({ count: 100, how: 'estimate' });
  });

  test('never 28: makes visible what hides in the text', async () => {
    const { input } = await previewOf("select '\u202eevil\u200b' as x, $1::text", ['p\u0430y']);
    expect(input[0]?.text).toBe("select '⟨U+202E⟩evil⟨U+200B⟩' as x, $1::text");
    expect(input[1]?.text).toBe('pа⟨U+0430⟩y');
  });

  test('runs nothing: neither the statement nor a function that says it is immutable', async () => {
    await shop.rows('create table seen (at int)');
    await shop.rows(`create function told() returns int immutable language plpgsql as $$
      begin raise exception 'evaluated'; end $$`);
    const { impact, reaches } = await previewOf('update orders set total = told()');
    expect(impact).toMatchObject({ count: null, how: 'none', why: expect.stringMatching(/^not tried/) });
    expect(reaches).toBe(false);
    await previewOf('delete from orders');
    expect(await shop.rows('select count(*)::text as n from orders')).toEqual([{ n: '100' }]);
  });

  test('gives up soon where a lock is in the way', async () => {
    await using _ = await shop.lock('orders');
    const started = performance.now();
    const previewing = previewOf('delete from orders');
    expect((await previewing).impact).toEqual({
      count: null,
      unit: 'rows',
      how: 'none',
      why: 'the planner gave no estimate',
    });
    expect(performance.now() - started).toBeLessThan(6000);
  });
});
