/**
 * Nothing is hidden that has nothing protected in it: what comes back of free columns is to the byte what PostgreSQL
 * sends, also where it looks like a card number, and beside protected columns too.
 */
import type { RunAnswer } from '@countersign/gateway';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { agent, openRoad, type Road } from './road.ts';

let road: Road;
beforeAll(async () => {
  road = await openRoad();
});
afterAll(async () => await road[Symbol.asyncDispose]());

const columns = 's c n f r b d t l h j jb x u i m p g a aa y e k q o w big'.split(' ');
const queries: readonly string[] = [
  ...columns.map((name) => `select ${name} from plain order by id`),
  ...columns.map((name) => `select ${name}::text as again, id from plain order by id`),
  ...columns.map(
    (name) =>
      `select array_agg(${name === 'x' ? 'x::text' : name} order by id) from plain where id ${name.startsWith('a') ? '= 1' : '> 0'}`,
  ),
  'select * from plain order by id',
  'table plain',
  'select v from plain v order by id',
  'select to_jsonb(v) from plain v order by id',
  'select row_to_json(v) from plain v order by id',
  'select json_agg(s order by id) from plain',
  'select xmlforest(s as a, n as b) from plain where id = 1',
  'select * from words order by id',
  'select id, name, city from people order by id',
  'select p.name, w.word from people p join words w on w.id = p.id order by 1',
  'select count(*), min(id), max(name) from people',
  'select city, count(*) from people group by city order by city',
  'select city from people group by city having count(*) > 1',
  'select distinct city from people order by 1',
  'select name from people where city = $$oslo$$ order by name',
  'select name, row_number() over (order by id) from people',
  'select name, lag(city) over (partition by city order by id) from people order by id',
  'select upper(name), length(city), name || city, left(name, 2), md5(name) from people order by id',
  'select id, person, label from accounts order by id',
  'select id, day from payments order by id',
  'select id, day from payments_old',
  'select id, name from people_tags order by id',
  'select name from people_loud order by id',
  'select id from people_kept order by id',
  'select id, owner from notes',
  'select jsonb_agg(jsonb_build_object($$n$$, name, $$c$$, city) order by id) from people',
  'select name from people union select word from words where id < 3 order by 1',
  'with p as (select id, name from people) select * from p order by id',
  'with recursive t as (select 1 as i union all select i + 1 from t where i < 5) select array_agg(i) from t',
  'select x.word from people p, lateral (select word from words where words.id = p.id) x order by 1',
  'select (select word from words where id = 1), exists (select from words where id = 99)',
  "select case when amount > 100 then 'much' else 'little' end from words order by id",
  'select sum(amount), avg(amount), stddev(amount) from words',
  'select percentile_cont(0.5) within group (order by amount) from words',
  'select word, doc ->> $$k$$, doc -> $$k$$ from words order by id',
  'select k, v from words, jsonb_each(doc) as e (k, v) where id < 4 order by id',
  'select 4111111111111111 as card, 5555555555554444::text, $$4012-8888-8888-1881$$',
  'select 1 as a, null as b, $$$$ as c, true, 1.50, 1e-7::float8, -0.0::float8, 0.1::float4 + 0.2::float4',
  "select 'infinity'::date, '-infinity'::timestamptz, 'infinity'::float8, 'nan'::numeric",
  "select 'é'::text, U&'\\0441', '🙂', E'\\t\\n\\r', '\\x', 'nul'",
  "select date '2024-02-29' + 1, interval '36 hours', timestamptz '2024-06-01 00:00+00' at time zone 'Asia/Tokyo'",
  "select array[[1,2],[3,null]], array['a,b', '{', '\"', '\\', ''], '{}'::int[], '[0:1]={7,8}'::int[]",
  "select row(1, 'a b', null, row(2, '')), (1, 2)::text",
  'select generate_series(1, 5), $$x$$',
  "select * from (values (1, 'one'), (2, null)) as v (n, w)",
  'select count(*) from people p join accounts a on a.person = p.id',
  'select word from words order by amount desc limit 3 offset 2',
  'select id from words except select id from words where id > 2 order by 1',
  "select string_agg(word, '; ' order by id) from words",
  'select bool_and(amount > 0), bit_or(id), every(id > 0) from words',
  'select relname, relkind from pg_class where relname in ($$people$$, $$words$$) order by 1',
  "select attname, atttypid::regtype from pg_attribute where attrelid = 'people'::regclass and attnum > 0 order by attnum",
  "select column_name, data_type from information_schema.columns where table_name = 'people' order by ordinal_position",
  "select current_setting('server_version_num')::int > 0, pg_typeof(1), version() is not null",
  "select to_char(1234.5, 'FM9,999.00'), to_char(date '2024-02-29', 'Day DD Mon YYYY')",
  "select regexp_matches('a1b2', '[0-9]', 'g'), regexp_replace('x', 'x', 'y')",
  'explain (costs off) select word from words where id = 1',
  'select',
  'select id as "4111 1111 1111 1111", word as "word" from words where id = 1',
];

const notAsSent = (answer: RunAnswer | undefined) =>
  answer?.decision !== 'allow' || answer.outcome !== 'succeeded';

test('there are more than a hundred of them', () => expect(queries.length).toBeGreaterThan(100));

test.each(queries)('%s', async (sql) => {
  const { columns: names, rows } = await road.directly('canary', [sql]);
  const [answer] = await road.guarded('canary', [sql]);
  expect(notAsSent(answer) ? answer : null).toBeNull();
  expect(answer?.result).toEqual({ columns: names, rows, truncated: false });
});

test('beside a protected column the free ones are as they were', async () => {
  const free = await road.directly('canary', ['select id, name, city from people order by id']);
  const [answer] = await road.guarded('canary', [
    'select id, ssn, name, doc, city, home from people order by id',
  ]);
  const rows =
    answer?.result !== null && answer?.result !== undefined && 'rows' in answer.result
      ? answer.result.rows
      : [];
  expect(rows.map(([id, , name, , city]) => [id, name, city])).toEqual(free.rows);
  expect(rows.map((row) => row[1])).toEqual(['[redacted]', '[redacted]', '[redacted]', '[redacted]']);
});

test('a write gives back what it wrote, to the byte', async () => {
  const text = `4111 1111 1111 1111 é '"\\ \u{1F642}`;
  const signal = new AbortController().signal;
  const input = { sql: 'update words set word = $1 where id = 20 returning word, amount', params: [text] };
  const answer = await road.engine.run(agent, { connection: 'canary', input }, signal);
  expect(answer.result).toMatchObject({ rows: [[text, '200']], affected: 1 });
  expect(await road.directly('canary', ['select word from words where id = 20'])).toMatchObject({
    rows: [[text]],
  });
});
