-- The database of the statements beside this file, and of the differential test. Whatever a user made and a statement
-- might call unseen, tells on itself: it draws from lib.tattles, which READ ONLY refuses and an outside connection sees.
create schema app;
create schema lib;
create sequence lib.tattles;
set search_path = app, public;

create function lib.tell(what text) returns text language plpgsql immutable as
  $$ begin perform nextval('lib.tattles'); return what; end $$;
create function lib.pure(n int) returns int language plpgsql immutable as $$ begin perform lib.tell('pure'); return n; end $$;
create function lib.pure(t text) returns text language plpgsql immutable as $$ begin perform lib.tell('pure'); return t; end $$;
create function lib.may(owner text) returns bool language plpgsql stable as $$ begin perform lib.tell('may'); return true; end $$;
create function lib.stamp() returns text language plpgsql as $$ begin perform lib.tell('stamp'); return 'stamped'; end $$;
create function lib.owned() returns int language plpgsql security definer as $$ begin perform lib.tell('owned'); return 1; end $$;
create function lib.rows(n int) returns table (a int, b text) language plpgsql as
  $$ begin perform lib.tell('rows'); return query select n, 'row'; end $$;
create function lib.add(state int, more int) returns int language plpgsql as $$ begin perform lib.tell('add'); return state + more; end $$;
create aggregate lib.total (int) (sfunc = lib.add, stype = int, initcond = '0');
create function app.left(t text, n int, deep bool) returns text language sql as $$ select lib.tell(t) $$;
create function app.initials(p anyelement) returns text language plpgsql as $$ begin return lib.tell('initials'); end $$;
-- Functions and operators of the server's own names: their arguments fit better than those of the server's own, or worse.
create function app.lower(n int) returns text language plpgsql as $$ begin return lib.tell('lower'); end $$;
create function app.length(n numeric) returns int language plpgsql as $$ begin perform lib.tell('length'); return 1; end $$;
create function app.round(n text) returns int language plpgsql as $$ begin perform lib.tell('round'); return 1; end $$;
create function app.concat(a int, b int) returns text language plpgsql as $$ begin return lib.tell('concat'); end $$;
create function app.substr(a text, b numeric) returns text language plpgsql as $$ begin return lib.tell('substr'); end $$;
create function app.coalesce_all(variadic a int[]) returns int language plpgsql as $$ begin perform lib.tell('all'); return 1; end $$;
create function app.date_part(a int, b date) returns int language plpgsql as $$ begin perform lib.tell('date_part'); return 1; end $$;
create function app.mod(a text, b text) returns text language plpgsql as $$ begin return lib.tell('mod'); end $$;
create function app.starts_with(a bigint, b bigint) returns bool language plpgsql as $$ begin perform lib.tell('starts'); return true; end $$;
create function app.repeat(a anyelement, b int) returns anyelement language plpgsql as $$ begin perform lib.tell('repeat'); return a; end $$;
create function public.upper(n bool) returns text language plpgsql as $$ begin return lib.tell('upper'); end $$;
create function lib.plus(a text, b text) returns text language plpgsql as $$ begin return lib.tell('plus'); end $$;
create operator app.+ (leftarg = text, rightarg = text, function = lib.plus);
create function lib.less(a int, b text) returns bool language plpgsql as $$ begin perform lib.tell('less'); return true; end $$;
create operator app.< (leftarg = int, rightarg = text, function = lib.less);
create operator app.= (leftarg = int, rightarg = text, function = lib.less);
create operator public.|| (leftarg = int, rightarg = text, function = lib.less);
create function lib.neg(a text) returns text language plpgsql as $$ begin return lib.tell('neg'); end $$;
create operator app.- (rightarg = text, function = lib.neg);
create function app.abs(n text) returns text language plpgsql as $$ begin return lib.tell(n); end $$;

create type app.mood as enum ('low', 'fair', 'high');
create type app.addr as (street text, zip text);
create type app.boxed as (what text, n int);
create domain app.posint as int check (value > 0);
create domain app.told as text check (lib.tell(value) is not null);
create function lib.same(a app.addr, b app.addr) returns bool language plpgsql as $$ begin perform lib.tell('same'); return true; end $$;
create operator app.=== (leftarg = app.addr, rightarg = app.addr, function = lib.same);
create function lib.mood_json(m app.mood) returns json language plpgsql as $$ begin perform lib.tell('json'); return '1'; end $$;
create cast (app.mood as json) with function lib.mood_json(app.mood);
create function lib.mood_bool(m app.mood) returns bool language plpgsql as $$ begin perform lib.tell('bool'); return true; end $$;
create cast (app.mood as bool) with function lib.mood_bool(app.mood) as assignment;
create function lib.mood_int(m app.mood) returns int language plpgsql as $$ begin perform lib.tell('int'); return 1; end $$;
create cast (app.mood as int) with function lib.mood_int(app.mood) as implicit;
create function lib.mood_text(m app.mood) returns text language plpgsql as $$ begin return lib.tell('text'); end $$;
create cast (app.mood as text) with function lib.mood_text(app.mood) as implicit;
create function lib.addr_text(a app.addr) returns text language plpgsql as $$ begin return lib.tell('addr'); end $$;
create cast (app.addr as text) with function lib.addr_text(app.addr) as assignment;

create table app.people (
  id int primary key, name text not null, email text, born date, salary numeric, feels app.mood, home app.addr,
  tags text[], doc jsonb, active bool default true, seen timestamptz default now(), rank app.posint);
create table app.orders (
  id int primary key, person_id int references app.people on delete cascade on update cascade, total numeric check (total >= 0),
  status text default 'new', note text, placed timestamptz default now());
create table app.items (
  order_id int references app.orders on delete set null, sku text not null, qty int default 1, price numeric(10, 2), info json);
create table public.orders (id int, person_id int, hidden numeric, note text);
create table public.depots (id int primary key, place text, code varchar(10), open time, uid uuid, raw bytea, span int4range);
create index on app.orders (lower(status)) where total > 0;

create table app.events (at date not null, kind text not null, body text, level smallint) partition by list (kind);
create table app.events_a partition of app.events for values in ('a');
create table app.events_rest (level smallint, body text, kind text not null, at date not null);
alter table app.events attach partition app.events_rest default;
create table app.animals (id int, name text, legs int default 4);
create table app.dogs (breed text) inherits (app.animals);

create table app.notes (id int, owner text, body text);
alter table app.notes enable row level security;
create policy mine on app.notes using (lib.may(owner));
create table app.ledger (id int, owner text, amount numeric);
alter table app.ledger enable row level security;
create policy own on app.ledger for select using (owner = current_user or exists (select from app.people p where p.name = owner and p.active));
create policy put on app.ledger for insert with check (owner is not null);

create table app.stamped (id int, at text default lib.stamp(), half int generated always as (id / 2) stored, told app.told);
create table app.numbered (id serial, gid int generated always as identity, label text);
create sequence app.free;
create table app.drawn (id int default nextval('app.free'), label text);

-- Calls with constants only: the planner makes them.
create table app.folded (id int, note text);
create index on app.folded (note) where lib.pure(1) = 1 and note <> '';
create table app.checked (id int, check (lib.pure('x') = 'x' or id > 0));
create table app.checked_more () inherits (app.checked);
create table app.counted (id int, note text);
create statistics app.counts on (lib.pure(2)), note from app.counted;

create table app.audit (what text, id int);
create function lib.audit() returns trigger language plpgsql as
  $$ begin perform lib.tell('audit'); insert into app.audit values (tg_op, 0); return coalesce(new, old); end $$;
create table app.audited (id int primary key, label text, n int);
create trigger audited after insert or delete or update of label on app.audited for each row execute function lib.audit();
create table app.ruled (id int, label text);
create rule also as on insert to app.ruled do also insert into app.audit values (new.label, new.id);
create rule gone as on delete to app.ruled do instead update app.ruled set label = 'gone' where id = old.id;

create view app.v_people as select id, name, lower(email) as mail, salary * 2 as twice from app.people where active;
create view app.v_orders as select o.id, o.total, p.name, p.email from app.orders o join app.people p on p.id = o.person_id;
create view app.v_sums (owner, n, total) as select p.name, count(*), sum(o.total) from app.people p left join app.orders o on o.person_id = p.id group by 1;
create view app.v_deep as select v.name as who, s.total from app.v_people v join app.v_sums s on s.owner = v.name;
create view app.v_told as select id, lib.pure(name) as name from app.people;
create view app.v_plain as select id, label as l from app.audited;
create view app.v_write as select id, total, status from app.orders;
create view app.v_caller with (security_invoker = true) as select id, sku, qty from app.items i join public.depots d on d.code = i.sku;
create view app.v_placed as select id, label from app.numbered;
create function lib.placed() returns trigger language plpgsql as $$ begin perform lib.tell('placed'); return new; end $$;
create trigger placed instead of insert on app.v_placed for each row execute function lib.placed();
create materialized view app.m_sums as select person_id, sum(total) as total from app.orders group by 1;

insert into app.people select i, 'p' || i % 3, 'p' || i || '@x', date '2000-01-01' + i, i * 10, 'fair', ('s' || i, i::text)::app.addr,
  array['a', 't' || i], jsonb_build_object('k', i, 'l', array[1, i]), i % 2 = 0, timestamptz '2024-05-05' + i * interval '1 hour', i
  from generate_series(1, 6) as i;
insert into app.orders select i, 1 + i % 6, i * 3, 'st' || i % 2, 'n' || i, timestamptz '2024-05-05' from generate_series(1, 8) as i;
insert into app.items select i, 'sku' || i % 3, i, i * 1.5, '{"a": 1}' from generate_series(1, 8) as i;
insert into public.orders select i, i, i, 'h' || i from generate_series(1, 3) as i;
insert into public.depots select i, 'place' || i, 'sku' || i, time '10:00', gen_random_uuid(), '\x01', int4range(i, i + 3) from generate_series(1, 3) as i;
insert into app.events values ('2024-01-01', 'a', 'one', 1), ('2024-01-02', 'b', 'two', 2);
insert into app.animals values (1, 'cat', 4), (2, 'ant', 6);
insert into app.dogs values (3, 'rex', 4, 'pug');
insert into app.notes values (1, 'postgres', 'x');
insert into app.ledger values (1, 'p1', 10), (2, 'agent', 20);
insert into app.numbered (label) values ('x');
insert into app.audited select i, 'l' || i, i from generate_series(1, 3) as i;
alter table app.audited enable always trigger audited;
insert into app.ruled values (1, 'r');
refresh materialized view app.m_sums;
analyze;
