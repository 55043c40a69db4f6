/** Users' code that runs without a name in the statement, and the functions of extensions: both told for what they are. */
import { readFileSync } from 'node:fs';
import { type Catalog, catalogQuery, createAnalyser, readCatalog } from '@countersign/postgres';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';

const here = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const analyser = createAnalyser();
let server: PostgresServer;
let world: Catalog;
let extended: Catalog;

async function catalogOf(seed: string): Promise<Catalog> {
  const { url } = await server.createDatabase({ seed });
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set search_path = app, public');
    const { rows } = await client.query<[string]>({ text: catalogQuery(18), rowMode: 'array' });
    return readCatalog(rows[0]?.[0] ?? '', 18);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  server = await startPostgres({ shared: false });
  world = await catalogOf(`${here('../conformance/sql/world.sql')}\n${here('user-code.sql')}`);
  extended = await catalogOf(here('extensions.sql'));
}, 60_000);

afterAll(async () => {
  await analyser.close();
  await server.stop();
});

/** The strongest of what it does. */
async function countsAs(sql: string, catalog: Catalog): Promise<string> {
  const found = await analyser.analyse(sql, catalog, { parameters: 0 });
  if (!found.ok) return `${found.code}: ${found.what}`;
  const actions = new Set(found.effects.map(({ action }) => action.split('.')[0]));
  return ['secret', 'admin', 'execute', 'schema', 'write'].find((action) => actions.has(action)) ?? 'read';
}

describe('what a user made runs by an operator class, a partition key, a domain or an aggregate', () => {
  test.each([
    'select h from ranged order by h',
    'select distinct h from ranged',
    'select h, count(*) from ranged group by h',
    'select h from ranged union select h from ranged',
    'select rank() over (order by h) from ranged',
    'select count(*) over (partition by h) from ranged',
    'select row(1, h) = row(1, h) from ranged',
    'select array[h] = array[h] from ranged',
    'select hs = hs, hs < hs from ranged',
    'select array_position(hs, h) from ranged',
    'select max(hs) from ranged',
    'select r @> h from ranged',
    'select r = r from ranged',
    'select addrrange(h, h) from ranged',
    'select count(distinct h) from ranged',
    'select array_agg(h order by h) from ranged',
    'select h = h from ranged',
    'select h in (select h from ranged) from ranged',
    'select nullif(h, h) from ranged',
    'select greatest(h, h) from ranged',
    'select case h when h then 1 end from ranged',
    'select * from ranged a join ranged b using (h)',
    'select * from ranged natural join (select h from ranged) x',
    'select ranged from ranged order by ranged',
    'select distinct ranged from ranged',
    'select x from (select (id, h) as x from ranged) s order by x',
    'select * from v_sorted',
    'select home from people order by home',
    'with recursive t(h) as (select h from ranged union select h from t) select * from t',
    'select mode() within group (order by h) from ranged',
    'select percentile_disc(0.5) within group (order by h) from ranged',
    'select h between h and h from ranged',
    'select h is distinct from h from ranged',
    'select * from ranged where h is not distinct from (select h from ranged limit 1)',
    'select * from routed where id = 1',
    'select * from routed',
    'select * from indexed where id < 3',
    'select * from indexed',
    "select 'x'::d2",
    "select '{x}'::arrd",
    "select cast('x' as d2)",
    "select d2 'x'",
    "select d2('x')",
    `select * from json_to_record('{"a":"x"}') as t(a d2)`,
    'select app.now()',
    'select count(1) from people limit app.now()::int',
    `select app."LOWER"('x')`,
    "select agg_set('a', true)",
    'select agg_set(name, true) from people',
    'select agg_b(id) from people',
    'select * from v_cte',
    'select * from ft',
    'select fmgr_sql_validator(1)',
    'select greatest(h, h) from ranged',
    'select x from (select (id, h) as x from ranged) s order by x',
    'insert into pexp values (1)',
    'insert into pexp_1 values (1)',
    'update pexp_1 set id = 1',
    'insert into routed_0 values (1)',
    'insert into listed values (1)',
    'insert into listed_1 values (1)',
    'copy pexp_1 from stdin',
    'select fmgr_sql_validator(1)',
    'select distinct on (h) id from ranged',
    'select least(hs, hs) from ranged',
    'merge into pexp_1 p using orders o on o.id = p.id when not matched then insert values (1)',
    'select * from listed',
    'create table zz as select distinct h from ranged',
  ])('never 33: %s', async (sql) => {
    expect(await countsAs(sql, world)).toBe('execute');
  });
});

describe('a function of an extension is told by its library and symbol', () => {
  test.each([
    ['read', "select * from docs where email = 'a@b.c'"],
    ['read', 'select distinct email from docs order by email'],
    ['read', 'select email::text, lower(email), max(email) from docs group by 1, 2'],
    ['read', "select email like 'a%', email ~ 'x' from docs"],
    ['read', "select * from docs where tags @> 'a=>1' and tags ? 'a'"],
    ['read', "select tags -> 'a', akeys(tags), hstore_to_json(tags), hstore('a','b') from docs"],
    ['read', 'select (each(tags)).* from docs'],
    ['read', 'select * from docs, each(tags) e'],
    ['read', 'select skeys(tags) from docs'],
    ['read', "select path <@ 'a.b', nlevel(path), subpath(path,0,1), path ~ '*.a.*' from docs"],
    [
      'read',
      "select similarity('a','b'), word_similarity('a','b'), show_trgm('abc'), 'a' % 'b', body <-> 'x' from docs",
    ],
    ['read', "select * from docs where body % 'x' order by similarity(body, 'x') desc"],
    [
      'read',
      "select uuid_generate_v4(), uuid_generate_v1(), uuid_generate_v5(uuid_ns_dns(), 'x'), uuid_nil()",
    ],
    [
      'read',
      "select digest('a','sha256'), encode(hmac('a','k','sha1'),'hex'), crypt('x', gen_salt('bf')), gen_random_bytes(8)",
    ],
    ['read', "select pgp_sym_decrypt(pgp_sym_encrypt('a','k'),'k'), armor('x')"],
    [
      'read',
      "select unaccent('é'), levenshtein('a','b'), soundex('a'), metaphone('a',4), difference('a','b'), dmetaphone('x')",
    ],
    [
      'read',
      "select ids & array[1], ids @> array[1], icount(ids), sort(ids), uniq(ids), idx(ids,1), ids @@ '1&2'::query_int from docs",
    ],
    ['read', 'select normal_rand(10,0,1)'],
    ['read', "select '(1,2)'::cube, cube_distance('(1)','(2)'), '1..2'::seg"],
    ['read', 'select * from pg_buffercache'],
    ['read', "select * from pgstattuple('docs')"],
    ['read', "select isbn('978-0-393-04002-9')"],
    ['execute', "select * from crosstab('select 1,2,3') as t(a int, b int, c int)"],
    ['execute', "select * from connectby('docs','id','id','1',0) as t(a text, b text, c int)"],
    ['execute', "select xpath_table('id','body','docs','/a','true')"],
    ['execute', 'select similarity(1, 2)'],
    ['execute', 'select mylower(email) from docs'],
    ['execute', "select tags #= 'a=>1' from docs"],
    ['execute', 'select populate_record(null::docs, tags) from docs'],
    ['execute', 'select set_limit(0.5)'],
    ['execute', "select pg_prewarm('docs')"],
    ['execute', 'select * from passwd'],
    ['admin', "select * from dblink('dbname=x','select 1') as t(a int)"],
    ['admin', "select dblink_connect('x'), dblink_exec('delete from docs')"],
    ['admin', "select dblink_send_query('x','select 1')"],
    ['secret', "select get_raw_page('docs', 0)"],
    ['secret', "select * from heap_page_items(get_raw_page('docs', 0))"],
    ['secret', 'select * from pg_stat_statements'],
    ['write', "update docs set email = 'x' where id = 1"],
    ['write', "insert into docs (id, email, tags, path) values (1, 'a', 'a=>1', 'a.b')"],
    ['write', "delete from docs where email = 'x'"],
    ['read', "select cosine('a', 'b')"],
    ['admin', "select fetched('x')"],
    ['execute', "select spied('a', 'b')"],
    ['execute', 'select counted(id) from docs'],
  ])('%s: %s', async (expected, sql) => {
    expect(await countsAs(sql, extended)).toBe(expected);
  });
});
