/** A grammar of statements: queries, writes, and what is said of them. */
import { Choices } from './choices.ts';
import { expression, probe } from './expressions.ts';
import {
  type Column,
  freshName,
  type Kind,
  type Making,
  type Place,
  people,
  type Source,
  type Table,
  targets,
} from './grammar.ts';
import { fromItem, simpleQuery, wholeQuery } from './queries.ts';

export interface Statement {
  readonly sql: string;
  /** Whether it may call what a user made. */
  readonly wild: boolean;
}

/** The statement that the bytes stand for, in the grammar of a major version. */
export function statementOf(bytes: Uint8Array, major: number): Statement {
  const choices = new Choices(bytes);
  const making: Making = { choices, major, mayBeWild: choices.chance(25), wild: false, names: 0, depth: 2 };
  const drawn = making.choices.below(100);
  const sql =
    drawn < 10
      ? `select ${probe(making, { sources: [{ alias: 'people', columns: people, stored: true }], common: [], aggregates: false })} as o1 from people`
      : drawn < 74
        ? wholeQuery(making).sql
        : drawn < 90
          ? write(making, true)
          : drawn < 95
            ? explained(making)
            : special(making);
  return { sql, wild: making.wild };
}

function explained(making: Making): string {
  const options = making.choices.pick([
    '',
    '(costs off) ',
    '(format json) ',
    'verbose ',
    '(analyze, costs off) ',
    'analyze ',
    '(analyze false) ',
    '(verbose, settings, summary off) ',
  ]);
  const inner = making.choices.chance(30) ? write(making, true) : wholeQuery(making).sql;
  return `explain ${options}${inner}`;
}

/** What looks like a query and is more, or less. */
function special(making: Making): string {
  const { choices } = making;
  const query = wholeQuery(making).sql;
  const name = freshName(making, 'made');
  making.wild = true;
  return choices.pick([
    `select * from orders for update`,
    `select 1 from people p for share of p`,
    `with ${name} as (${write(making, true)}) select 1`,
    `with ${name} as (${write(making, true, 'returning')}) select * from ${name}`,
    `create table ${name} as ${query}`,
    `select id into ${name} from orders`,
    `explain analyze create table ${name} as ${query}`,
    'show work_mem',
    'show search_path',
    'refresh materialized view m_sums',
    'lock table orders',
    `prepare ${name} as ${query}`,
    `declare ${name} cursor for ${query}`,
    `do $$ begin perform 1; end $$`,
    'truncate drawn',
    `select nextval('free')`,
    `select setval('app.free', 3)`,
    `select * from (${simpleQuery(making, { sources: [], common: [], aggregates: true }).sql}) q for update`,
    `select query_to_xml('delete from app.drawn', true, true, '')`,
    `select pg_notify('a', 'b')`,
    `notify a`,
    `select lo_create(0)`,
    `values (lib.owned())`,
  ]);
}

/** A write, and its RETURNING. */
function write(making: Making, mayReturn: boolean, wanted: 'returning' | null = null): string {
  const { choices } = making;
  const target = choices.pick(targets);
  const alias = choices.chance(30) ? freshName(making) : null;
  const source: Source = {
    alias: alias ?? target.name.split('.').at(-1) ?? '',
    columns: target.columns,
    stored: true,
  };
  const named = alias === null ? target.name : `${target.name} as ${alias}`;
  const place: Place = { sources: [source], common: [], aggregates: false };
  const drawn = choices.below(100);
  const made =
    drawn < 35
      ? insert(making, target, named)
      : drawn < 70
        ? update(making, named, source)
        : drawn < 92
          ? remove(making, named, source)
          : merge(making, named, source);
  const isMerge = made.startsWith('merge');
  if (!mayReturn || (isMerge && making.major < 17) || (wanted === null && !choices.chance(25))) return made;
  const kind = choices.pick(['int', 'text'] as const);
  const inner: Place =
    made.includes('default values') || !made.startsWith('merge') ? place : { ...place, sources: [] };
  return `${made} returning ${choices.pick(['*', `${expression(making, inner, kind, 1)} as back`])}`;
}

const value = (making: Making, place: Place, column: Column) =>
  expression(making, place, column.kind === 'other' ? 'text' : column.kind, 1);
const nowhere: Place = { sources: [], common: [], aggregates: false };
const settable = (columns: readonly Column[]) => columns.filter(({ kind }) => kind !== 'other');

function chosen(making: Making, columns: readonly Column[]): readonly Column[] {
  const some = settable(columns).filter((_, i) => i === 0 || making.choices.chance(50));
  return some.length === 0 ? columns.slice(0, 1) : some;
}

function insert(making: Making, target: Table, named: string): string {
  const { choices } = making;
  if (choices.chance(8)) return `insert into ${named} default values`;
  const columns = chosen(making, target.columns);
  const names = columns.map(({ name }) => name).join(', ');
  const conflict = choices.chance(15)
    ? ` on conflict ${choices.pick(['do nothing', `(id) do update set ${columns[0]?.name} = excluded.${columns[0]?.name}`])}`
    : '';
  if (choices.chance(40)) {
    const from = fromItem(making, nowhere);
    const place = { ...nowhere, sources: from.sources };
    return `insert into ${named} (${names}) select ${columns.map((column) => value(making, place, column)).join(', ')} from ${from.sql} limit 2${conflict}`;
  }
  const row = () =>
    `(${columns.map((column) => (choices.chance(8) ? 'default' : value(making, nowhere, column))).join(', ')})`;
  return `insert into ${named} (${names}) values ${choices.several(1, 2, row).join(', ')}${conflict}`;
}

function assignments(making: Making, columns: readonly Column[], place: Place): string {
  const [first, second] = columns;
  if (first !== undefined && second !== undefined && making.choices.chance(15))
    return `(${first.name}, ${second.name}) = (${value(making, place, first)}, ${value(making, place, second)})`;
  return columns
    .map(
      (column) => `${column.name} = ${making.choices.chance(6) ? 'default' : value(making, place, column)}`,
    )
    .join(', ');
}

function update(making: Making, named: string, source: Source): string {
  const { choices } = making;
  const from = choices.chance(25) ? fromItem(making, nowhere) : null;
  const meets = from?.sources.some(({ alias }) => alias === source.alias) === true;
  const place: Place = { ...nowhere, sources: [source, ...(from === null || meets ? [] : from.sources)] };
  const where = choices.chance(85) ? ` where ${expression(making, place, 'bool', 2)}` : '';
  return `update ${named} set ${assignments(making, chosen(making, source.columns), place)}${from === null || meets ? '' : ` from ${from.sql}`}${where}`;
}

function remove(making: Making, named: string, source: Source): string {
  const { choices } = making;
  const using = choices.chance(25) ? fromItem(making, nowhere) : null;
  const meets = using?.sources.some(({ alias }) => alias === source.alias) === true;
  const place: Place = { ...nowhere, sources: [source, ...(using === null || meets ? [] : using.sources)] };
  const where = choices.chance(85) ? ` where ${expression(making, place, 'bool', 2)}` : '';
  return `delete from ${named}${using === null || meets ? '' : ` using ${using.sql}`}${where}`;
}

function merge(making: Making, named: string, source: Source): string {
  const { choices } = making;
  const other = {
    alias: freshName(making),
    columns: [
      { name: 'id', kind: 'int' as Kind },
      { name: 'total', kind: 'num' as Kind },
    ],
    stored: true,
  };
  const both: Place = { ...nowhere, sources: [source, other] };
  const theirs: Place = { ...nowhere, sources: [other] };
  const columns = chosen(making, source.columns);
  const clauses = [
    `when matched and ${expression(making, both, 'bool', 1)} then update set ${assignments(making, columns, both)}`,
    'when matched then delete',
    `when not matched then insert (${columns.map(({ name }) => name).join(', ')}) values (${columns.map((column) => value(making, theirs, column)).join(', ')})`,
    'when not matched then do nothing',
  ];
  const kept = clauses.filter(() => choices.chance(50));
  return `merge into ${named} using orders ${other.alias} on ${source.alias}.id = ${other.alias}.id ${(kept.length === 0 ? clauses.slice(3) : kept).join(' ')}`;
}
