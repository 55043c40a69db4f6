/** A grammar of expressions, by the kind of value they give. */
import type { Kind, Making, Place } from './grammar.ts';
import { scalarQuery } from './queries.ts';

type Make = (making: Making, place: Place, deeper: (kind: Kind) => string) => string;

const literals: Readonly<Record<Kind, readonly string[]>> = {
  int: ['1', '2', '0', '-3', "'7'::int", 'null::int', '$$4$$::integer', '1000::int4'],
  num: ['1.5', '2::numeric', "numeric '3'", '1e2::numeric', 'null::numeric'],
  text: ["'a'", "'p1'", "'%a%'", "''", "E'\\n'", "U&'x'", 'null::text', "'x'::varchar(3)", "'ab'"],
  bool: ['true', 'false', 'null::bool', "'t'::bool"],
  date: ["date '2024-01-01'", 'current_date', "'2024-02-02'::date"],
  time: [
    'now()',
    'current_timestamp',
    "timestamptz '2024-01-01 00:00Z'",
    'localtimestamp::timestamptz',
    'clock_timestamp()',
  ],
  json: [`'{"k": 1}'::jsonb`, `jsonb '[1, 2]'`, "'null'::jsonb"],
  texts: ["array['a', 'b']", "'{a,b}'::text[]", 'array[]::text[]'],
  other: ["interval '1 day'", "'10.0.0.1'::inet", 'null', "'x'"],
};

const makers: Readonly<Record<Kind, readonly Make[]>> = {
  int: [
    (_m, _p, e) => `(${e('int')} + ${e('int')})`,
    (_m, _p, e) => `length(${e('text')})`,
    (_m, _p, e) => `(${e('int')} * 2 - ${e('int')})`,
    (_m, _p, e) => `coalesce(${e('int')}, 0)`,
    (_m, _p, e) => `extract(year from ${e('date')})::int`,
    (_m, _p, e) => `position('a' in ${e('text')})`,
    (_m, _p, e) => `jsonb_array_length(case when jsonb_typeof(${e('json')}) = 'array' then '[]'::jsonb end)`,
    (_m, _p, e) => `cardinality(${e('texts')})`,
    (_m, _p, e) => `abs(${e('int')})`,
    (_m, _p, e) => `array_position(${e('texts')}, ${e('text')})`,
    (_m, _p, e) => `pg_column_size(${e('text')})`,
    (_m, _p, e) => `least(${e('int')}, ${e('int')})`,
    (_m, _p, e) => `(${e('num')})::int`,
    (_m, _p, e) => `(${e('int')} & 7)`,
    (_m, _p, e) => `(${e('date')} - ${e('date')})`,
    (_m, _p, e) => `width_bucket(${e('num')}, 0, 10, 5)`,
  ],
  num: [
    (_m, _p, e) => `(${e('num')} + ${e('int')})`,
    (_m, _p, e) => `round(${e('num')}, 1)`,
    (_m, _p, e) => `(${e('num')} * 1.5)`,
    (_m, _p, e) => `greatest(${e('num')}, ${e('num')})`,
    (_m, _p, e) => `${e('int')}::numeric`,
    (_m, _p, e) => `nullif(${e('num')}, 0)`,
    (_m, _p, e) => `cast(${e('int')} as numeric(12, 2))`,
    (_m, _p, e) => `trunc(${e('num')})`,
    (_m, _p, e) => `power(2, least(${e('num')}, 3))`,
    (_m, _p, e) => `extract(epoch from ${e('time')})`,
  ],
  text: [
    (_m, _p, e) => `lower(${e('text')})`,
    (_m, _p, e) => `(${e('text')} || ${e('text')})`,
    (_m, _p, e) => `coalesce(${e('text')}, 'none')`,
    (_m, _p, e) => `substring(${e('text')} from 1 for 2)`,
    (_m, _p, e) => `(${e('int')})::text`,
    (_m, _p, e) => `to_char(${e('time')}, 'YYYY-MM')`,
    (_m, _p, e) => `(${e('json')} ->> 'k')`,
    (_m, _p, e) => `concat(${e('text')}, '-', ${e('int')})`,
    (_m, _p, e) => `format('%s', ${e('text')})`,
    (_m, _p, e) => `trim(both ' ' from ${e('text')})`,
    (_m, _p, e) => `replace(${e('text')}, 'a', 'b')`,
    (_m, _p, e) => `regexp_replace(${e('text')}, '[0-9]+', '#')`,
    (_m, _p, e) => `split_part(${e('text')}, 'a', 1)`,
    (_m, _p, e) => `left(${e('text')}, 3)`,
    (_m, _p, e) => `md5(${e('text')})`,
    (_m, _p, e) => `(${e('texts')})[1]`,
    (_m, _p, e) => `array_to_string(${e('texts')}, ',')`,
    (_m, _p, e) => `${e('text')} collate "C"`,
    (_m, _p, e) => `case when ${e('bool')} then ${e('text')} else ${e('text')} end`,
    (_m, _p, e) => `case ${e('int')} when 1 then ${e('text')} end`,
    (_m, _p, e) => `overlay(${e('text')} placing 'zz' from 1 for 1)`,
    (_m, _p, e) => `pg_typeof(${e('json')})::text`,
    (_m, _p, e) => `(${e('bool')})::text`,
    (_m, _p, e) => `jsonb_pretty(${e('json')})`,
    (_m, _p, e) => `nullif(${e('text')}, ${e('text')})`,
  ],
  bool: [
    (_m, _p, e) => `${e('int')} = ${e('int')}`,
    (_m, _p, e) => `${e('text')} = ${e('text')}`,
    (_m, _p, e) => `${e('num')} > ${e('num')}`,
    (_m, _p, e) => `(${e('bool')} and ${e('bool')})`,
    (_m, _p, e) => `(${e('bool')} or not ${e('bool')})`,
    (_m, _p, e) => `${e('text')} like 'p%'`,
    (_m, _p, e) => `${e('text')} ilike ${e('text')}`,
    (_m, _p, e) => `${e('text')} ~ '^p[0-9]'`,
    (_m, _p, e) => `${e('int')} between ${e('int')} and ${e('int')}`,
    (_m, _p, e) => `${e('text')} in ('a', 'p1', ${e('text')})`,
    (_m, _p, e) => `${e('int')} = any (array[1, 2, ${e('int')}])`,
    (_m, _p, e) => `${e('text')} is null`,
    (_m, _p, e) => `${e('date')} >= ${e('date')}`,
    (_m, _p, e) => `${e('time')} < now() - interval '1 day'`,
    (_m, _p, e) => `${e('json')} @> '{"k": 1}'`,
    (_m, _p, e) => `${e('json')} ? 'k'`,
    (_m, _p, e) => `${e('texts')} && array['a']`,
    (_m, _p, e) => `${e('text')} = any (${e('texts')})`,
    (_m, _p, e) => `(${e('bool')}) is not true`,
    (_m, _p, e) => `${e('num')} is distinct from ${e('num')}`,
    (_m, _p, e) => `(${e('int')}, ${e('text')}) = (${e('int')}, ${e('text')})`,
    (_m, _p, e) => `to_tsvector('simple', ${e('text')}) @@ to_tsquery('simple', 'a & b')`,
    (_m, _p, e) => `starts_with(${e('text')}, 'p')`,
    (_m, _p, e) => `(${e('date')}, ${e('date')}) overlaps (${e('date')}, ${e('date')})`,
    (m, p, e) => `${e('int')} in (${scalarQuery(m, p, 'int')})`,
    (m, p) => `exists (${scalarQuery(m, p, 'int')})`,
    (m, p, e) => `${e('int')} > all (${scalarQuery(m, p, 'int')})`,
    (m, p, e) => `${e('text')} <> all (${scalarQuery(m, p, 'text')})`,
  ],
  date: [
    (_m, _p, e) => `(${e('date')} + ${e('int')} % 100)`,
    (_m, _p, e) => `(${e('time')})::date`,
    (_m, _p, e) => `date_trunc('month', ${e('time')})::date`,
    (_m, _p, e) => `make_date(2024, 1, 1 + abs(${e('int')} % 20))`,
    (_m, _p, e) => `coalesce(${e('date')}, current_date)`,
  ],
  time: [
    (_m, _p, e) => `(${e('time')} + interval '1 hour')`,
    (_m, _p, e) => `date_trunc('day', ${e('time')})`,
    (_m, _p, e) => `(${e('date')})::timestamptz`,
    (_m, _p, e) => `to_timestamp(${e('int')})`,
    (_m, _p, e) => `(${e('time')} at time zone 'utc')::timestamptz`,
  ],
  json: [
    (_m, _p, e) => `jsonb_build_object('k', ${e('text')}, 'n', ${e('int')})`,
    (_m, _p, e) => `to_jsonb(${e('text')})`,
    (_m, _p, e) => `(${e('json')} -> 'k')`,
    (_m, _p, e) => `(${e('json')} || ${e('json')})`,
    (_m, _p, e) => `jsonb_set('{}', '{a}', to_jsonb(${e('int')}))`,
    (_m, _p, e) => `(${e('json')} #> '{k,l}')`,
    (_m, _p, e) => `jsonb_path_query_first(${e('json')}, '$.k')`,
    (_m, _p, e) => `to_jsonb(${e('texts')})`,
    (_m, _p, e) => `(${e('json')} - 'k')`,
    (_m, _p, e) => `jsonb_strip_nulls(${e('json')})`,
  ],
  texts: [
    (_m, _p, e) => `array[${e('text')}, ${e('text')}]`,
    (_m, _p, e) => `string_to_array(${e('text')}, 'a')`,
    (_m, _p, e) => `array_append(${e('texts')}, ${e('text')})`,
    (_m, _p, e) => `(${e('texts')} || ${e('text')})`,
    (_m, _p, e) => `(${e('texts')})[1:2]`,
    (_m, _p, e) => `regexp_split_to_array(${e('text')}, 'a')`,
    (m, p) => `array(${scalarQuery(m, p, 'text')})`,
  ],
  other: [
    (_m, _p, e) => `row(${e('int')}, ${e('text')})`,
    (_m, _p, e) => `(${e('time')} - now())`,
    (_m, _p, e) => `to_json(${e('text')})`,
    (_m, _p, e) => `age(${e('time')})`,
    (_m, _p, e) => `int4range(1, 2 + abs(${e('int')} % 5))`,
    (_m, _p, e) => `encode(${e('text')}::bytea, 'hex')`,
  ],
};

/** What users made, called in every way there is. */
const wildMakers: Readonly<Partial<Record<Kind, readonly Make[]>>> = {
  int: [
    (_m, _p, e) => `lib.pure(${e('int')})`,
    () => 'lib.owned()',
    (_m, _p, e) => `(${e('int')})::posint`,
    () => `nextval('app.free')::int`,
    () => `(lib.rows(1)).a`,
  ],
  text: [
    (_m, _p, e) => `lib.pure(${e('text')})`,
    () => 'lib.stamp()',
    (_m, _p, e) => `(${e('text')})::app.told`,
    (_m, _p, e) => `app.abs(${e('text')})`,
    (_m, _p, e) => `abs(${e('text')})::text`,
    (_m, _p, e) => `"left"(${e('text')}, 2, true)`,
    () => `set_config('app.x', 'y', true)`,
    () => `row('a', 'b')::addr::text`,
    () => `to_json('fair'::mood)::text`,
    () => `json_build_array('low'::app.mood)::text`,
    () => `jsonb_build_object('m', 'high'::mood)::text`,
    () => `array_to_json(array['low'::mood])::text`,
    () => `row_to_json(row('low'::mood))::text`,
    () => `to_jsonb(array['low'::mood])::text`,
    () => `pg_advisory_xact_lock(1)::text`,
  ],
  bool: [
    () => `row('a', 'b')::addr === row('a', 'c')::addr`,
    () => `row('a', 'b')::app.addr operator(app.===) row('a', 'c')::app.addr`,
    (_m, _p, e) => `lib.may(${e('text')})`,
    () => 'pg_try_advisory_lock(1)',
  ],
};

/** Arguments of every sort, for functions and operators of which users made more. */
const sorts: readonly string[] = [
  "'1'",
  'null',
  '1',
  '2::bigint',
  '1.5',
  '1::smallint',
  '1::float8',
  '1::posint',
  "'low'::mood",
  "'a'::text",
  "'x'::varchar",
  "'n'::name",
  `'c'::"char"`,
  'true',
  "date '2024-01-01'",
  "row('a', 'b')::addr",
  'array[1]',
  "array['low'::mood]",
  "'1'::json",
  "interval '1 day'",
];

function anything(making: Making, deeper: (kind: Kind) => string): string {
  const { choices } = making;
  if (choices.chance(30)) return `(${deeper(choices.pick(['int', 'text', 'num', 'bool', 'date'] as const))})`;
  return choices.pick(sorts);
}

const overloadedNames =
  'lower length round concat substr coalesce_all date_part mod starts_with repeat upper abs left max sum'.split(
    ' ',
  );
const overloadedOperators = ['+', '<', '=', '||', '-', '<>', '>='];

/** A call of a name that has functions of the server's own and of users. */
const overloaded: Make = (making, _place, e) => {
  const { choices } = making;
  const args = choices.several(1, 2, () => anything(making, e));
  return `${choices.pick(['', '', 'pg_catalog.', 'app.'])}${choices.pick(overloadedNames)}(${args.join(', ')})`;
};

/** The same of an operator. */
const overloadedOperator: Make = (making, _place, e) => {
  const left = making.choices.chance(10) ? '' : anything(making, e);
  return `(${left} ${making.choices.pick(overloadedOperators)} ${anything(making, e)})`;
};

/** Places in which a value is taken as of a type without a cast being written. */
const taken: Make = (making, _place, e) => {
  const { choices } = making;
  const value = anything(making, e);
  return choices.pick([
    `case when ${value} then 1 end`,
    `(not ${value})`,
    `(${value} and true)`,
    `coalesce(${value}, ${anything(making, e)})`,
    `case 1 when ${value} then 2 end`,
    `nullif(${value}, ${anything(making, e)})`,
    `greatest(${value}, ${anything(making, e)})`,
    `(${value} in (${anything(making, e)}, ${anything(making, e)}))`,
    `(${value} between ${anything(making, e)} and ${anything(making, e)})`,
    `(${value} = any (array[${anything(making, e)}]))`,
    `(${value} in (select ${anything(making, e)}))`,
    `(select 1 where ${value})`,
    `(select 1 limit ${value})`,
    `(select 1 offset ${value})`,
    `(array[1, 2])[${value}]`,
    `(select count(*) filter (where ${value}))`,
    `(select 1 from (select 1) x join (select 2) y on ${value})`,
    `(select 1 having ${value})`,
    `(select a from (select ${value} union select ${anything(making, e)}) u (a) limit 1)`,
    `(select a from (values (${value}), (${anything(making, e)})) v (a) limit 1)`,
    `(select count(*) from (select ${value} as m) a join (select ${anything(making, e)} as m) b using (m))`,
    `array[${value}, ${anything(making, e)}]`,
    `jsonb_build_array(${value})`,
    `to_json(${value})`,
    `string_agg(${value}, ',')`,
    `(${value})::text`,
    `(${value})::int`,
    `(${value})::bool`,
    `sum(${value}) over (order by ${anything(making, e)})`,
    `concat(${value})`,
    `generate_series(1, ${value})`,
    `(${value} like ${anything(making, e)})`,
    `(${value} is distinct from ${anything(making, e)})`,
  ]);
};

/** One of these alone: a statement around it might fail for other reasons. */
export function probe(making: Making, place: Place): string {
  making.wild = true;
  const deeper = (kind: Kind) => expression(making, place, kind, 0);
  return making.choices.pick([overloaded, overloadedOperator, taken])(making, place, deeper);
}

function columnOf(making: Making, { sources }: Place, kind: Kind): string | null {
  const found = sources.flatMap((source) =>
    source.columns.filter((column) => column.kind === kind).map((column) => ({ source, column })),
  );
  if (found.length === 0) return null;
  const { source, column } = making.choices.pick(found);
  const twice = sources.filter((one) => one.columns.some(({ name }) => name === column.name)).length > 1;
  return twice || making.choices.chance(50) ? `${source.alias}.${column.name}` : column.name;
}

const aggregates: Readonly<Partial<Record<Kind, readonly ((e: (kind: Kind) => string) => string)[]>>> = {
  int: [
    () => 'count(*)::int',
    (e) => `count(distinct ${e('text')})::int`,
    (e) => `sum(${e('int')})::int`,
    (e) => `max(${e('int')})`,
    (e) => `count(${e('num')}) filter (where ${e('bool')})`,
  ],
  num: [
    (e) => `sum(${e('num')})`,
    (e) => `avg(${e('num')})`,
    (e) => `percentile_disc(0.5) within group (order by ${e('num')})`,
  ],
  text: [(e) => `max(${e('text')})`, (e) => `string_agg(${e('text')}, ',' order by ${e('int')})`],
  bool: [(e) => `bool_or(${e('bool')})`],
  json: [(e) => `jsonb_agg(${e('int')})`, (e) => `jsonb_object_agg(coalesce(${e('text')}, ''), ${e('int')})`],
  texts: [(e) => `array_agg(${e('text')})`],
  date: [(e) => `min(${e('date')})`],
  time: [(e) => `max(${e('time')})`],
};

/** An expression of a kind; `size` bounds how many are within it. */
export function expression(making: Making, place: Place, kind: Kind, size = 3): string {
  const { choices } = making;
  if (size <= 0 || choices.chance(45)) return columnOf(making, place, kind) ?? choices.pick(literals[kind]);
  if (choices.chance(10)) return choices.pick(literals[kind]);
  const deeper = (inner: Kind) => expression(making, place, inner, size - 1);
  const wild = wildMakers[kind];
  if (making.mayBeWild && wild !== undefined && choices.chance(6)) {
    making.wild = true;
    return choices.pick(wild)(making, place, deeper);
  }
  if (making.mayBeWild && choices.chance(7)) {
    making.wild = true;
    const made = choices.pick([overloaded, overloadedOperator, taken])(making, place, deeper);
    return kind === 'text' || kind === 'other' ? made : kind === 'bool' ? `(${made} is null)` : made;
  }
  if (kind !== 'other' && kind !== 'bool' && making.depth > 0 && choices.chance(6))
    return `(${scalarQuery(making, place, kind, true)})`;
  return choices.pick(makers[kind])(making, place, deeper);
}

export function aggregate(making: Making, place: Place, kind: Kind): string {
  const makers = aggregates[kind] ?? [];
  const inner = (wanted: Kind) => expression(making, place, wanted, 1);
  return making.choices.pick(makers.length === 0 ? [() => 'count(*)'] : makers)(inner);
}

/** A window function. */
export function windowed(making: Making, place: Place): string {
  const e = (kind: Kind) => expression(making, place, kind, 1);
  const over = making.choices.pick([
    `over (order by ${e('int')})`,
    `over (partition by ${e('text')} order by ${e('num')} desc nulls last)`,
    `over (partition by ${e('bool')})`,
    'over ()',
    `over (order by ${e('int')} rows between 1 preceding and current row)`,
  ]);
  return making.choices.pick([
    `row_number() ${over}`,
    `sum(${e('num')}) ${over}`,
    `lag(${e('text')}, 1, ${e('text')}) ${over}`,
    `first_value(${e('int')}) ${over}`,
    `count(*) filter (where ${e('bool')}) ${over}`,
  ]);
}

export const kinds: readonly Kind[] = ['text', 'int', 'num', 'bool', 'date', 'time', 'json', 'texts'];
