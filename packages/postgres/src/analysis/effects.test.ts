import { describe, expect, test } from '@jest/globals';
import { effectsOf } from '../testing/analyse-shop.ts';

/** A statement, and every effect it has. */
const corpus: readonly (readonly [string, readonly string[]])[] = [
  // Reads.
  ['select 1', []],
  ['values (1)', []],
  ['select * from generate_series(1, 3)', []],
  ['select count(*) from orders', ['read table:public.orders []']],
  ['select id from orders where total > 5 order by status', ['read table:public.orders [id,status,total]']],
  [
    'select o.id from orders o, other.orders x where x.id = o.id',
    ['read table:other.orders [id]', 'read table:public.orders [id]'],
  ],
  ['with orders as (select 1 as id) select id from orders', []],
  ['select now(), random(), lower(name) from customers', ['read table:public.customers [name]']],
  [
    'select mail from customers_v',
    [
      'read table:public.active_customers (via view public.customers_v) [id,mail,name,s]',
      'read table:public.customers (via view public.active_customers) [created_at,email,id,name,ssn]',
      'read table:public.customers_v [mail]',
    ],
  ],
  ['select email from totals', ['read table:public.totals [email]']],
  [
    'select v from measure',
    [
      'read table:public.measure [v]',
      'read table:public.measure_2024 (via inheritance from public.measure) [v]',
    ],
  ],
  ['select v from only measure', ['read table:public.measure [v]']],
  [
    'select id from acct',
    ['execute function:public.may(text) (via policy p)', 'read table:public.acct [id]'],
  ],
  ['select usename from pg_stat_activity', ['secret table:pg_catalog.pg_stat_activity [usename]']],
  ['select relname from pg_class', ['read table:pg_catalog.pg_class [relname]']],
  ['delete from only measure', ['write.delete table:public.measure']],
  ['update only measure set v = 1', ['write.update table:public.measure [v]']],
  ['truncate only acct', ['write.truncate table:public.acct']],
  ['show work_mem', ['read setting:work_mem']],
  ['show primary_conninfo', ['secret setting:primary_conninfo']],
  // Locks.
  ['select id from orders for share', ['read table:public.orders [id]', 'write.lock table:public.orders']],
  [
    'select o.id from orders o, customers c for update of o',
    ['read table:public.customers []', 'read table:public.orders [id]', 'write.lock table:public.orders'],
  ],
  // Writes.
  ["insert into customers (name) values ('a')", ['write.insert table:public.customers [name]']],
  [
    'insert into order_items (sku) select name from customers',
    ['read table:public.customers [name]', 'write.insert table:public.order_items [sku]'],
  ],
  [
    'insert into withseq (x) values (1)',
    ['write sequence:public.lone (via default of id)', 'write.insert table:public.withseq [x]'],
  ],
  ['insert into withseq (id, x) values (1, 2)', ['write.insert table:public.withseq [id,x]']],
  [
    'insert into withseq (id, x) values (default, 2)',
    ['write sequence:public.lone (via default of id)', 'write.insert table:public.withseq [id,x]'],
  ],
  [
    'insert into things (m) values (null)',
    ['execute function:public.f(integer) (via default of id)', 'write.insert table:public.things [m]'],
  ],
  [
    'insert into customers (id, name) values (1, $$a$$) on conflict (id) do update set name = excluded.name where customers.email is null returning id',
    [
      'read table:public.customers [email,id]',
      'write.insert table:public.customers [id,name]',
      'write.update table:public.customers [name]',
    ],
  ],
  [
    'insert into agent_notes (body) values ($$x$$)',
    [
      'write.insert table:public.agent_notes [body]',
      'write.insert table:public.order_items (via rule r_ins) [sku]',
    ],
  ],
  ['update customers set name = $$a$$', ['write.update table:public.customers [name]']],
  [
    'update orders set note = $$a$$ where id = 1',
    ['read table:public.orders [id]', 'write.update table:public.orders [note]'],
  ],
  [
    'update orders set total = 1',
    [
      'execute function:public.audit() (via trigger audit_orders)',
      'write.update table:public.orders [total]',
    ],
  ],
  [
    'update ins_view set status = $$x$$',
    [
      'execute function:public.audit() (via trigger audit_orders)',
      'read table:public.ins_view []',
      'read table:public.orders (via view public.ins_view) [id,status,total]',
      'write.update table:public.ins_view [status]',
      'write.update table:public.orders (via view public.ins_view) [status]',
    ],
  ],
  [
    'delete from customers',
    [
      'write.delete table:public.customers',
      'write.delete table:public.orders (via foreign key orders_customer_id_fkey)',
      'write.update table:public.order_items (via foreign key order_items_order_id_fkey) [order_id]',
    ],
  ],
  [
    'update orders set id = 2',
    [
      'write.update table:public.order_items (via foreign key order_items_order_id_fkey) [order_id]',
      'write.update table:public.orders [id]',
    ],
  ],
  [
    'delete from measure',
    [
      'write.delete table:public.measure',
      'write.delete table:public.measure_2024 (via inheritance from public.measure)',
    ],
  ],
  [
    'merge into order_items i using orders o on o.id = i.order_id when matched and i.qty > 1 then delete when matched then update set qty = 1 when not matched then insert (sku) values (o.note)',
    [
      'read table:public.order_items [order_id,qty]',
      'read table:public.orders [id,note]',
      'write.delete table:public.order_items',
      'write.insert table:public.order_items [sku]',
      'write.update table:public.order_items [qty]',
    ],
  ],
  [
    'truncate customers cascade',
    [
      'write.truncate table:public.customers',
      'write.truncate table:public.order_items (via foreign key order_items_order_id_fkey)',
      'write.truncate table:public.orders (via foreign key orders_customer_id_fkey)',
    ],
  ],
  ["select pg_input_is_valid('1', 'int')", []],
  ["select nextval('lone')", ['write sequence:public.lone']],
  [
    "select nextval(pg_get_serial_sequence('public.customers', 'id'))",
    ['write sequence:public.customers_id_seq'],
  ],
  [
    "select setval(pg_get_serial_sequence('agent_notes', 'id'), 1)",
    ['execute function:pg_catalog.setval(regclass,bigint)'],
  ],
  ["select setval('public.lone', 4)", ['write sequence:public.lone']],
  // Definitions.
  ['create table x (id int primary key)', ['schema.create table:public.x']],
  [
    'create table other.x as select ssn from customers',
    ['read table:public.customers [ssn]', 'schema.create table:other.x'],
  ],
  ['create table x as select ssn from customers with no data', ['schema.create table:public.x']],
  ['select ssn into x from customers', ['read table:public.customers [ssn]', 'schema.create table:public.x']],
  ['create view x as select ssn from customers', ['schema.create table:public.x']],
  ['alter table orders add column x int', ['schema.alter table:public.orders']],
  [
    'alter table orders add column x int default f(1)',
    ['execute function:public.f(integer)', 'schema.alter table:public.orders'],
  ],
  ['drop table orders', ['schema.drop table:public.orders']],
  [
    'drop table measure',
    [
      'schema.drop table:public.measure',
      'schema.drop table:public.measure_2024 (via inheritance from public.measure)',
    ],
  ],
  ['drop table if exists nothing', ['schema.drop table:public.nothing']],
  ['drop index orders_lower_idx', ['schema.alter table:public.orders']],
  ['create index on orders (lower(note))', ['schema.alter table:public.orders']],
  ['drop trigger audit_orders on orders', ['schema.alter table:public.orders']],
  [
    'create function g(a int, b text) returns int language sql as $$select 1$$',
    ['schema.create function:public.g(integer,text)'],
  ],
  ['drop function f(int)', ['schema.drop function:public.f(integer)']],
  ['create type x as enum ($$a$$)', ['schema.create type:public.x']],
  ['create schema x', ['schema.create schema:x']],
  ['drop schema other', ['schema.drop schema:other']],
  ['create sequence x', ['schema.create sequence:public.x']],
  ['alter sequence lone restart', ['schema.alter sequence:public.lone']],
  ['alter table orders rename column note to remark', ['schema.alter table:public.orders']],
  ['comment on column orders.note is $$x$$', ['schema.alter table:public.orders']],
  // Administration.
  ['grant select on customers to public', ['admin table:public.customers']],
  ['grant admins to bob', ['admin role:admins', 'admin role:bob']],
  ['create role bob superuser', ['admin role:bob']],
  ['alter system set work_mem = 1', ['admin setting:work_mem']],
  ['create extension dblink', ['admin extension:dblink']],
  ['create subscription s connection $$x$$ publication p', ['admin subscription:s']],
  [
    "copy orders to '/tmp/o'",
    ['admin file:/tmp/o', 'read table:public.orders [customer_id,id,note,status,total]'],
  ],
  [
    "copy order_items (sku) from '/tmp/o'",
    ['admin file:/tmp/o', 'write.insert table:public.order_items [sku]'],
  ],
  ["copy (select 1) to program 'sh'", ['admin program:sh']],
  ['vacuum orders', ['admin table:public.orders']],
  ['checkpoint', ['admin database:shop']],
  // The gateway has no stream for these, and refuses them.
  ['copy order_items (sku) to stdout', ['read table:public.order_items [sku]']],
  ['copy order_items (sku) from stdin', ['write.insert table:public.order_items [sku]']],
  ['lock table orders in share mode', ['write.lock table:public.orders']],
  [
    'lock customers_v',
    [
      'write.lock table:public.active_customers (via view public.customers_v)',
      'write.lock table:public.customers (via view public.customers_v)',
      'write.lock table:public.customers_v',
    ],
  ],
  ['delete from order_items where current of c', ['write.delete table:public.order_items']],
  ['select id from orders order by total using <', ['read table:public.orders [id,total]']],
  [
    'create schema s create table t (a int) create view v as select a from t',
    ['schema.create schema:s', 'schema.create table:s.t', 'schema.create table:s.v'],
  ],
  // Code.
  ['do $$begin end$$', ['execute program:do']],
  ['notify x', ['execute function:pg_catalog.pg_notify(text,text)']],
  ['select f(1)', ['execute function:public.f(integer)']],
  ['select * from tab(1)', ['execute function:public.tab(integer)']],
  ['select pg_sleep(9)', ['execute function:pg_catalog.pg_sleep(double precision)']],
  // EXPLAIN.
  ['explain select id from orders', ['read table:public.orders [id]']],
  // Planning a write locks its table as the write would.
  [
    'explain delete from order_items where qty = 1',
    ['read table:public.order_items [qty]', 'write.lock table:public.order_items'],
  ],
  [
    'explain (analyze) delete from order_items where qty = 1',
    ['read table:public.order_items [qty]', 'write.delete table:public.order_items'],
  ],
  ['explain (analyze off) delete from order_items', ['write.lock table:public.order_items']],
  ['explain analyze create table x as select 1', ['schema.create table:public.x']],
];

describe('effects', () => {
  test.each(corpus)('%s', async (sql, expected) => {
    expect(await effectsOf(sql)).toEqual(expected);
  });
});

/** A statement, and why it is denied. */
const denied: readonly (readonly [string, string])[] = [
  ['', 'malformed: a text without a statement'],
  ['-- nothing', 'malformed: a text without a statement'],
  ['selec 1', 'parse_failed: syntax error at or near "selec"'],
  ['select * from nothing', 'unknown_object: relation nothing does not exist'],
  ['select nothing from orders', 'unknown_object: column nothing does not exist'],
  ['select nothing(1)', 'unknown_object: function nothing with 1 argument does not exist'],
  ['select id from orders, customers', 'unknown_object: the name "id" is ambiguous'],
  ['select 1::nothing', 'unknown_object: type nothing does not exist'],
  ['begin', 'needs_native_session: BEGIN'],
  ['rollback to savepoint a', 'needs_native_session: ROLLBACK TO'],
  ['prepare p as select 1', 'needs_native_session: PREPARE'],
  ['execute p', 'needs_native_session: EXECUTE'],
  ['declare c cursor for select 1', 'needs_native_session: a cursor'],
  ['set search_path to other', 'needs_native_session: SET search_path'],
  ['reset all', 'needs_native_session: RESET ALL'],
  ['listen x', 'needs_native_session: LISTEN'],
  ['discard all', 'needs_native_session: DISCARD'],
  ['create temp table x (a int)', 'needs_native_session: a temporary object'],
  ['select 1 as a into temp x', 'needs_native_session: a temporary object'],
  ['create function pg_temp.f() returns int return 1', 'needs_native_session: a temporary object'],
  ['select pg_advisory_lock(1)', 'needs_native_session: the function pg_advisory_lock'],
  ['select 1; drop table orders', 'must_stand_alone: drop_table'],
  ['vacuum; select 1', 'must_stand_alone: vacuum'],
  // What depends on what is not in this catalog.
  ['drop table orders cascade', 'unknown_effect: DROP TABLE with CASCADE'],
  ['update pg_roles set rolname = $$x$$', 'not_supported: writing to pg_catalog.pg_roles'],
  ['update customers_v set s = $$x$$', 'not_supported: writing to the computed column s'],
];

describe('denials', () => {
  test.each(denied)('%s', async (sql, expected) => {
    expect(await effectsOf(sql)).toEqual([expected]);
  });
});
