import { describe, expect, test } from '@jest/globals';
import { movesOf, outputsOf, usesOf } from '../testing/analyse-shop.ts';

const c = 'public.customers';

/** A statement, and where each output column comes from. */
const outputs: readonly (readonly [string, readonly string[]])[] = [
  ['select ssn as harmless from customers', [`harmless < ${c}.ssn`]],
  ['select x.b from customers x (a, b)', [`b < ${c}.name`]],
  ['select ssn || name from customers', [`?column? < ~${c}.name, ~${c}.ssn`]],
  ['select ssn::text from customers', [`ssn < ~${c}.ssn`]],
  ['select a.* from (select ssn as s from customers) a', [`s < ${c}.ssn`]],
  ['with a (z) as (select ssn from customers) select z from a', [`z < ${c}.ssn`]],
  ['select ssn from customers union select sku from order_items', [`ssn < ${c}.ssn, public.order_items.sku`]],
  ['select (select ssn from customers limit 1)', [`ssn < ${c}.ssn`]],
  ['select array(select ssn from customers)', [`array < ~${c}.ssn`]],
  ['select exists (select 1 from customers where ssn = $$1$$)', [`exists < ~${c}.ssn`]],
  [
    'with a as (select 1 from customers where ssn = $$1$$) select exists (select from a)',
    [`exists < ~${c}.ssn`],
  ],
  ['select count(*), count(ssn) from customers', ['count <', `count < ~${c}.ssn`]],
  ['select case when ssn > $$5$$ then 1 end from customers', [`case < ~${c}.ssn`]],
  ['select (c).ssn from customers c', [`ssn < ${c}.ssn`]],
  ['select ssn(c) from customers c', [`ssn < ${c}.ssn`]],
  ['select s from active_customers', [`s < public.active_customers.s, ~${c}.ssn`]],
  ['select mail from active_customers', [`mail < public.active_customers.mail, ${c}.email`]],
  ['select total from totals', ['total < ~public.orders.total, public.totals.total']],
  ['select secret from measure_2024', ['secret < public.measure.secret, public.measure_2024.secret']],
  ['select g from things', ['g < public.things.g, ~public.things.id']],
  ['select v.x from customers, lateral (values (ssn)) v (x)', [`x < ${c}.ssn`]],
  ['select u from customers, unnest(array[ssn]) u', [`u < ~${c}.ssn`]],
  ['select key from orders, jsonb_each(to_jsonb(orders.note))', ['key < ~public.orders.note']],
  ['select rank() over (order by ssn) from customers', [`rank < ~${c}.ssn`]],
  ['select rank() over w from customers window w as (order by ssn)', [`rank < ~${c}.ssn`]],
  ['select f(1)', ['f < ?']],
  ['select f(id::int) from customers', [`f < ? ~${c}.id`]],
  ['select * from tab(1)', ['a < ?', 'b < ?']],
  ["select query_to_xml('select 1', true, true, '')", ['query_to_xml < ?']],
  [
    'update customers set name = $$x$$ returning ssn, old.email, new.name as n',
    [`ssn < ${c}.ssn`, `email < ${c}.email`, `n < ${c}.name`],
  ],
  ['with d as (delete from customers returning ssn as q) select q from d', [`q < ${c}.ssn`]],
  // The source's columns come first, and those of the same names after them.
  [
    'merge into order_items i using (select ssn as sku, name as qty from customers) s on false when matched then delete returning *',
    [
      `sku < ${c}.ssn`,
      `qty < ${c}.name`,
      'order_id < public.order_items.order_id',
      'sku < public.order_items.sku',
      'qty < public.order_items.qty',
    ],
  ],
  [
    'with recursive t (a, b) as (select id, ssn from customers union all select t.a, o.note from t join orders o on o.id = t.a) select b from t',
    [`b < ${c}.ssn, public.orders.note`],
  ],
  [
    'with recursive t (a, b) as (select ssn, name from customers union all select b, a from t) select a, b from t',
    [`a < ${c}.name, ${c}.ssn`, `b < ${c}.name, ${c}.ssn`],
  ],
];

describe('lineage', () => {
  test.each(outputs)('%s', async (sql, expected) => {
    expect(await outputsOf(sql)).toEqual(expected);
  });

  test.each([
    'select row_to_json(c) from customers c',
    'select to_jsonb(c) from customers c',
    'select json_agg(customers) from customers',
    'select c::text from customers c',
    'select c from customers c',
    "select jsonb_build_object('x', c.*) from customers c",
    'select x from (select customers as x from customers) y',
  ])('a whole row comes from every column: %s', async (sql) => {
    const [output, ...more] = await outputsOf(sql);
    expect(more).toEqual([]);
    for (const column of ['id', 'name', 'email', 'ssn', 'card_number', 'created_at'])
      expect(output).toContain(`~${c}.${column}`);
  });
});

/** A statement, and which columns decide what comes out. */
const uses: readonly (readonly [string, readonly string[]])[] = [
  ['select count(*) from customers', []],
  ['select 1 from customers where ssn like $$1%$$', [`filter ${c}.ssn`]],
  ['select name from customers order by ssn', [`sort ${c}.ssn`]],
  ['select name as ssn from customers order by ssn', [`sort ${c}.name`]],
  ['select name from customers order by 1', [`sort ${c}.name`]],
  ['select count(*) from customers group by ssn', [`group ${c}.ssn`]],
  ['select ssn as x from customers group by x', [`group ${c}.ssn`]],
  ['select count(*) from customers having max(ssn) > $$1$$', [`aggregate ${c}.ssn`, `filter ${c}.ssn`]],
  ['select distinct ssn from customers', [`distinct ${c}.ssn`]],
  [
    'select 1 from customers c join order_items i on i.sku = c.ssn',
    [`join ${c}.ssn`, 'join public.order_items.sku'],
  ],
  [
    'select 1 from customers limit (select max(id) from orders)',
    ['aggregate public.orders.id', 'filter public.orders.id'],
  ],
  [
    'select 1 from orders where id in (select id from customers where ssn = $$1$$)',
    [`filter ${c}.id`, `filter ${c}.ssn`, 'filter public.orders.id'],
  ],
  ['select name from customers union select ssn from customers', [`distinct ${c}.name`, `distinct ${c}.ssn`]],
  ['select name from customers union all select ssn from customers', []],
  ['delete from orders where note = $$x$$', ['filter public.orders.note']],
  ['select 1 from active_customers', [`filter ${c}.created_at`]],
  ['select generate_series(1, length(ssn)) from customers', [`compute ${c}.ssn`, `filter ${c}.ssn`]],
  ['select sum(id) filter (where ssn = $$1$$) from customers', [`aggregate ${c}.id`, `filter ${c}.ssn`]],
  ['select 1; select 2 from customers where ssn = $$1$$; select 3', [`filter ${c}.ssn`]],
  // What fails for some values, or takes its time for some.
  ['select ssn::int from customers', [`compute ${c}.ssn`]],
  ['select 1 / id from customers', [`compute ${c}.id`]],
  ['select id::"char" from customers', [`compute ${c}.id`]],
  ['select (array[1, 2])[id] from customers', [`compute ${c}.id`]],
  ['select date_part(ssn, now()) from customers', [`compute ${c}.ssn`]],
  ['select to_jsonb($${}$$::json -> ssn) from customers', [`compute ${c}.ssn`]],
  ['select case when ssn = $$1$$ then 1 / 0 end from customers', [`compute ${c}.ssn`]],
  ['select coalesce(ssn, (1 / 0)::text) from customers', [`compute ${c}.ssn`]],
  ['select ssn = $$1$$ and 1 / 0 = 1 from customers', [`compute ${c}.ssn`]],
  ['select left(name, id) from customers', [`compute ${c}.id`]],
  ['select name like ssn from customers', [`compute ${c}.ssn`]],
  ['update orders set total = total * 2, note = total::int', ['compute public.orders.total']],
  // What does not.
  ['select upper(ssn), left(ssn, 3), ssn || name, coalesce(ssn, $$-$$), ssn::varchar(3) from customers', []],
  ['select ssn = name, ssn like $$1%$$, ssn is null, md5(ssn), id::bigint from customers', []],
  ['update orders set total = total * 2', []],
];

describe('uses', () => {
  test.each(uses)('%s', async (sql, expected) => {
    expect(await usesOf(sql)).toEqual(expected);
  });
});

/** A statement, and which columns' values it puts into which others. */
const moves: readonly (readonly [string, readonly string[]])[] = [
  ["insert into order_items (sku) values ('a')", []],
  ['insert into order_items (sku) select ssn from customers', [`${c}.ssn > public.order_items.sku`]],
  [
    'insert into order_items select id, upper(ssn) from customers',
    [`${c}.id > public.order_items.order_id`, `${c}.ssn > public.order_items.sku`],
  ],
  [
    'insert into order_items (sku) values ((select ssn from customers limit 1))',
    [`${c}.ssn > public.order_items.sku`],
  ],
  ['update customers set name = ssn, id = id + 1', [`${c}.ssn > ${c}.name`]],
  [
    'update orders set (note, status) = (select ssn, email from customers limit 1)',
    [
      `${c}.email > public.orders.note`,
      `${c}.email > public.orders.status`,
      `${c}.ssn > public.orders.note`,
      `${c}.ssn > public.orders.status`,
    ],
  ],
  [
    'insert into customers (id) values (1) on conflict (id) do update set name = customers.ssn',
    [`${c}.ssn > ${c}.name`],
  ],
  [
    'merge into orders o using customers c on o.id = c.id when matched then update set note = c.ssn when not matched then insert (note) values (c.email)',
    [`${c}.email > public.orders.note`, `${c}.ssn > public.orders.note`],
  ],
  [
    'with w as (insert into order_items (sku) select ssn from customers returning 1) select 1',
    [`${c}.ssn > public.order_items.sku`],
  ],
  ['create table x (a) as select ssn from customers', [`${c}.ssn > public.x.a`]],
  ['create table x as select ssn from customers with no data', []],
  ['select ssn as z into other.x from customers', [`${c}.ssn > other.x.z`]],
];

describe('moves', () => {
  test.each(moves)('%s', async (sql, expected) => {
    expect(await movesOf(sql)).toEqual(expected);
  });
});
