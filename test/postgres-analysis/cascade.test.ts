/** What CASCADE takes along: the effects against what is gone from a server's catalog. */
import { readFileSync } from 'node:fs';
import {
  type Analyser,
  type Catalog,
  catalogQuery,
  createAnalyser,
  readCatalog,
  reliedOnQuery,
} from '@countersign/postgres';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';

const seed = readFileSync(new URL('../conformance/sql/world.sql', import.meta.url), 'utf8');
/** Kinds of objects that the world has none of. */
const more = `
  create collation app.plain (provider = libc, locale = 'C');
  create table app.collated (id int, name text collate app.plain);
  create view app.v_collated as select name collate app.plain as name from app.collated;
  create operator class app.odd for type int using btree as function 1 btint4cmp(int, int);
  create index collated_odd on app.collated (id app.odd);
  create text search dictionary app.words (template = simple);
  create text search configuration app.searched (copy = simple);
  alter text search configuration app.searched alter mapping for word with app.words;
  create view app.v_searched as select to_tsvector('app.searched', name) as words from app.people;
  create table app.typed of app.boxed;
  create table app.boxes (id int, box app.boxed);
  create view app.v_boxes as select (box).what from app.boxes;
  create access method app_am type table handler heap_tableam_handler;
  create table app.kept (id int) using app_am;
  create language sqlish handler plpgsql_call_handler;
  create function app.ish() returns int language sqlish as 'begin return 1; end';
  create foreign data wrapper wrapped;
  create server away foreign data wrapper wrapped;
  create foreign table app.far (id int) server away;
  create user mapping for public server away;
  create statistics app.watched on id, name from app.collated;
  create view app.v_cast as select feels::json from app.people`;
let server: PostgresServer;
let client: Client;
let catalog: Catalog;
let analyser: Analyser;

beforeAll(async () => {
  server = await startPostgres();
  const { url } = await server.createDatabase({ seed });
  client = new Client({ connectionString: url });
  await client.connect();
  await client.query('set search_path = app, public; set client_min_messages = error');
  await client.query(more);
  const { rows } = await client.query<[string]>({ text: catalogQuery(18), rowMode: 'array' });
  catalog = readCatalog(rows[0]?.[0] ?? '', 18);
  analyser = createAnalyser();
}, 60_000);

afterAll(async () => {
  await analyser.close();
  await client.end();
  await server.stop();
});

/** Everything users made that has a name of its own, and the parts of tables, each as what an effect has to name. */
const everything = `
  select case when relkind = 'S' then 'sequence:' else 'table:' end || n.nspname || '.' || relname as what
  from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union select 'type:' || n.nspname || '.' || typname from pg_type t join pg_namespace n on n.oid = typnamespace
  where t.oid >= 16384 and typelem = 0 and (typrelid = 0 or (select relkind from pg_class where oid = typrelid) = 'c')
  union select 'function:' || n.nspname || '.' || proname from pg_proc p join pg_namespace n on n.oid = pronamespace where p.oid >= 16384
  union select 'operator:' || oprname from pg_operator where oid >= 16384
  union select 'collation:app.' || collname from pg_collation where oid >= 16384
  union select 'operator_class:app.' || opcname from pg_opclass where oid >= 16384
  union select 'text_search:app.' || cfgname from pg_ts_config where oid >= 16384
  union select 'text_search:app.' || dictname from pg_ts_dict where oid >= 16384
  union select 'cast:' || s.typname || '.' || t.typname from pg_cast c join pg_type s on s.oid = castsource join pg_type t on t.oid = casttarget where c.oid >= 16384
  union select 'administered server:' || srvname from pg_foreign_server
  union select 'administered foreign_data_wrapper:' || fdwname from pg_foreign_data_wrapper
  union select 'administered access_method:' || amname from pg_am where oid >= 16384
  union select 'administered language:' || lanname from pg_language where oid >= 16384
  union select 'domain check ' || n.nspname || '.' || typname from pg_type t join pg_constraint on contypid = t.oid join pg_namespace n on n.oid = typnamespace
  union select 'part of table:' || n.nspname || '.' || c.relname || ' ' || what from (
    select attrelid as rel, 'column ' || attname as what from pg_attribute where attnum > 0 and not attisdropped
    union all select conrelid, 'constraint ' || conname from pg_constraint where contype <> 'n'
    union all select tgrelid, 'trigger ' || tgname from pg_trigger where not tgisinternal
    union all select polrelid, 'policy ' || polname from pg_policy
    union all select adrelid, 'default ' || adnum from pg_attrdef
    union all select indrelid, 'index ' || indexrelid from pg_index
    union all select ev_class, 'rule ' || rulename from pg_rewrite
    union all select stxrelid, 'statistics ' || stxname from pg_statistic_ext
  ) as p join pg_class c on c.oid = p.rel join pg_namespace n on n.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')`;

async function present(): Promise<Set<string>> {
  const { rows } = await client.query<{ what: string }>(everything);
  return new Set(rows.map(({ what }) => what));
}

/** What is gone after a statement that is rolled back. */
async function gone(sql: string): Promise<string[]> {
  await client.query('begin');
  try {
    const before = await present();
    await client.query(sql);
    const after = await present();
    return [...before].filter((what) => !after.has(what));
  } finally {
    await client.query('rollback');
  }
}

/** Whether an effect names what is gone, or what it was a part of. */
function isNamed(effects: readonly { readonly action: string; readonly resource: string }[], what: string) {
  const [, table] = /^part of (table:\S+)/.exec(what) ?? [];
  return effects.some(({ action, resource }) => {
    const named = decodeURIComponent(resource);
    if (table !== undefined)
      return action.startsWith('schema.') && (named === table || named === table.replace('table:', 'type:'));
    if (what.startsWith('domain check '))
      return action.startsWith('schema.') && named === what.replace('domain check ', 'type:');
    if (what.startsWith('administered ')) return action === 'admin' && what === `administered ${named}`;
    if (what.startsWith('function:')) return action === 'schema.drop' && named.startsWith(`${what}(`);
    if (what.startsWith('operator:')) return action === 'schema.drop' && named.startsWith('operator:');
    return action === 'schema.drop' && named === what;
  });
}

const statements: readonly string[] = [
  ...'people orders items events animals notes ledger stamped numbered folded audited ruled'
    .split(' ')
    .map((name) => `drop table app.${name} cascade`),
  ...'v_people v_orders v_sums v_deep v_plain'.split(' ').map((name) => `drop view app.${name} cascade`),
  'drop materialized view m_sums cascade',
  'drop index app.orders_lower_idx cascade',
  'drop sequence app.free cascade',
  'drop sequence lib.tattles cascade',
  'drop function lib.pure(int) cascade',
  'drop function lib.pure(text) cascade',
  'drop function lib.tell(text) cascade',
  'drop function lib.may(text) cascade',
  'drop function lib.audit() cascade',
  'drop function lib.stamp() cascade',
  'drop function lib.add(int, int) cascade',
  'drop function lib.same(app.addr, app.addr) cascade',
  'drop aggregate lib.total(int) cascade',
  'drop type app.mood cascade',
  'drop type app.addr cascade',
  'drop domain app.told cascade',
  'drop domain app.posint cascade',
  'drop schema lib cascade',
  'drop schema app cascade',
  'drop operator app.+ (text, text) cascade',
  'drop trigger audited on audited cascade',
  'drop table orders, public.orders, events cascade',
  'drop table if exists nope, orders cascade',
  'alter table people drop column id cascade',
  'alter table people drop column name cascade',
  'alter table people drop column salary cascade',
  'alter table orders drop column id cascade',
  'alter table people drop constraint people_pkey cascade',
  'alter table orders drop constraint orders_pkey cascade',
  'alter table stamped drop column id cascade',
  'drop collation plain cascade',
  'drop operator class app.odd using btree cascade',
  'drop operator family app.odd using btree cascade',
  'drop text search configuration searched cascade',
  'drop text search dictionary app.words cascade',
  'drop access method app_am cascade',
  'drop language sqlish cascade',
  'drop server away cascade',
  'drop foreign data wrapper wrapped cascade',
  'drop type boxed cascade',
  'alter type boxed drop attribute what cascade',
  'alter type boxed rename attribute what to which cascade',
  'alter domain posint drop constraint posint_check cascade',
  'drop cast (mood as json) cascade',
];

describe('everything that CASCADE takes along is named', () => {
  test.each(statements)('%s', async (sql) => {
    const found = await analyser.analyse(sql, catalog, { parameters: 0 });
    if (!found.ok) throw new Error(`${found.code} ${found.what}`);
    const all = await gone(sql);
    expect(all).not.toEqual([]);
    expect(all.filter((what) => !isNamed(found.effects, what))).toEqual([]);
  });
});

test('what is dropped with CASCADE is looked at again when something new depends on it', async () => {
  const found = await analyser.analyse('drop table orders cascade', catalog, { parameters: 0 });
  if (!found.ok) throw new Error(found.what);
  const changed = async () => (await client.query(reliedOnQuery(found.reliedOn))).rows.length > 0;
  expect(await changed()).toBe(false);
  await client.query('begin');
  await client.query('create view later as select id from app.v_orders');
  expect(await changed()).toBe(true);
  await client.query('rollback');
});
