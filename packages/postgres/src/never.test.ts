import { describe, expect, test } from '@jest/globals';
import { analyseShop, effectsOf } from './testing/analyse-shop.ts';

/** What a text counts as: `read` where it may run read-only and unasked, else why not. */
async function countsAs(sql: string): Promise<string> {
  const found = await analyseShop(sql);
  if (!found.ok) return found.code;
  const beyond = found.effects.filter((effect) => effect.action !== 'read').map((effect) => effect.action);
  if (beyond.length > 0) return beyond.join(' ');
  return found.statements.every((statement) => statement.readOnly) ? 'read' : 'not read-only';
}

describe('never', () => {
  test.each([
    ['/* read me */ delete from order_items', 'write.delete'],
    ['-- select 1\ndelete from order_items', 'write.delete'],
    ['commit; delete from order_items', 'needs_native_session'],
    ['select 1; delete from order_items', 'write.delete'],
    ['select 1; commit; select 2', 'needs_native_session'],
    ['set transaction read write; select 1', 'needs_native_session'],
    ['reset transaction_read_only', 'needs_native_session'],
    ['rollback', 'needs_native_session'],
  ])('never 31: %j does not escape read-only', async (sql, expected) => {
    expect(await countsAs(sql)).toBe(expected);
  });

  test.each([
    ['with d as (delete from order_items returning *) select * from d', 'write.delete'],
    ['with d as (delete from order_items) select 1', 'write.delete'],
    [
      'with a as (with d as (update order_items set qty = 1 returning qty) select * from d) select * from a',
      'write.update',
    ],
    ['select * from orders for update', 'write.lock'],
    ['select * from (select * from orders for update) x', 'write.lock'],
    ['select * from (select * from orders) x for key share of x', 'write.lock'],
    ['select * from generate_series(1, 2) for update', 'not read-only'],
    ['with w as (select * from orders) select * from w for share', 'not read-only'],
    ["select nextval('lone')", 'write'],
    ["select setval('lone', 1)", 'write'],
    ['select nextval(16400)', 'execute'],
    ['select 1 as a into x', 'schema.create'],
    ['explain analyze delete from order_items', 'write.delete'],
    ['explain (analyze true, costs off) delete from order_items', 'write.delete'],
    ['explain analyze create table x as select 1', 'schema.create'],
    ['set work_mem = 1', 'needs_native_session'],
    ["select set_config('work_mem', '1', false)", 'admin'],
  ])('never 32: %j does not count as a read', async (sql, expected) => {
    expect(await countsAs(sql)).toBe(expected);
  });

  test.each([
    ["select pg_read_file('/etc/passwd')", 'secret'],
    ["select * from pg_read_file('/etc/passwd')", 'secret'],
    ["select * from pg_ls_dir('/')", 'secret'],
    ["select lo_import('/etc/passwd')", 'admin'],
    ["select lo_export(1, '/tmp/x')", 'admin'],
    ["select query_to_xml('delete from orders', true, true, '')", 'execute'],
    ["select table_to_xml('customers', true, true, '')", 'execute'],
    ["select ts_stat('select 1')", 'execute'],
    ["copy (select 1) to program 'sh'", 'admin'],
    ["select dblink('x')", 'unknown_object'],
    ['select f(1)', 'execute'],
    ['select * from tab(1)', 'execute'],
    ['select 1 where f(1) = 1', 'execute'],
    ['select 1 from orders order by f(1)', 'execute'],
    ['select 1 limit f(1)', 'execute'],
    ['select sum(f(1)) over (partition by f(2))', 'execute'],
    ['select pg_terminate_backend(1)', 'admin'],
    ['select pg_notify($$a$$, $$b$$)', 'execute'],
    ['select pg_sleep(1)', 'execute'],
    ['do $$begin end$$', 'execute'],
    ['select * from pg_authid', 'secret'],
    ['table pg_stats', 'secret'],
    ['select attmissingval from pg_attribute', 'secret'],
  ])('never 33: %j does not count as a read', async (sql, expected) => {
    expect(await countsAs(sql)).toBe(expected);
  });

  test.each([
    ['too large', `select '${'x'.repeat(1_100_000)}'`, 'too_large'],
    ['too deep', `select 1${'+1'.repeat(20_000)}`, 'too_large'],
    ['not SQL', 'sélect 1', 'parse_failed'],
    ['cut short', "select 'x", 'parse_failed'],
    ['hiding a second text behind a NUL', 'select 1\0; drop table orders', 'malformed'],
    ['no-break spaces for spaces', 'select\u00a01', 'parse_failed'],
    ['begun with a byte order mark', '\ufeffselect 1', 'parse_failed'],
    ['that names what has no rows', 'table orders_pkey', 'not_supported'],
  ])('never 34: a text %s is denied', async (_what, sql, expected) => {
    expect(await countsAs(sql)).toBe(expected);
  });

  test.each([
    'prepare p as delete from orders',
    'execute p(1)',
    'deallocate p',
    'declare c cursor for select 1',
    'fetch c',
  ])('never 35: %j is denied, since what runs later would not be judged', async (sql) => {
    expect(await countsAs(sql)).toBe('needs_native_session');
  });

  test.each([
    'select ssn as x from customers',
    'select d from customers as c (a, b, c, d)',
    'select d from (table customers) c (a, b, c, d)',
    'with w (a, b, c, d) as (table customers) select d from w',
    'with w as (select * from customers) select ssn || name from w',
    'select name from order_items, lateral (select ssn as name from customers) l',
    'select name from customers union all select ssn from customers',
    'values ((select ssn from customers limit 1))',
    'update customers set name = name returning ssn',
    'update customers set name = name returning old.ssn',
    'with d as (delete from customers returning *) select ssn from d',
    'select s from active_customers',
    'select s from customers_v',
    'select row_to_json(c) from customers c',
    'select to_jsonb(c) -> $$ssn$$ from customers c',
    'select json_agg(c) from customers c',
    'select array[ssn] from customers',
    'select array(select ssn from customers)',
    'select (c).ssn from customers c',
    'select ssn(c) from customers c',
    'select c::text from customers c',
    'select (select c) from customers c',
    'select ssn::bytea from customers',
    'select length(ssn) from customers',
    'select xmlforest(ssn) from customers',
    'select json_object($$a$$: ssn) from customers',
    'select value from customers c, jsonb_each(to_jsonb(c))',
    'select ssn from jsonb_to_record((select to_jsonb(c) from customers c)) as r (ssn text)',
    'select (unnest(array(select c from customers c))).ssn',
    'explain select 1 from customers where ssn = $$1$$',
    'select case when ssn > $$5$$ then 1 else 0 end from customers',
    'select rank() over (order by ssn) from customers',
    'select exists (select 1 from customers where ssn = $$1$$)',
  ])('never 38: the first output of %j is known to come from the column', async (sql) => {
    const found = await analyseShop(sql);
    const [output] = found.ok ? found.lineage.outputs : [];
    expect(output?.sources.map(({ column }) => column)).toContain('column:public.customers.ssn');
  });

  test('never 51: prototype names are names like any other', async () => {
    expect(await effectsOf('select __proto__ from customers')).toEqual([
      'unknown_object: column __proto__ does not exist',
    ]);
    expect(await effectsOf('select * from constructor')).toEqual([
      'unknown_object: relation constructor does not exist',
    ]);
    expect(await effectsOf('select toString(1)')).toEqual([
      'unknown_object: function tostring with 1 argument does not exist',
    ]);
    expect(await effectsOf('create table "__proto__" ("constructor" int)')).toEqual([
      'schema.create table:public.__proto__',
    ]);
  });
});
