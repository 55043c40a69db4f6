/** A grammar of queries: FROM, joins, WITH, set operations, subqueries. */
import { aggregate, expression, kinds, windowed } from './expressions.ts';
import {
  type Column,
  type Common,
  freshName,
  type Kind,
  type Making,
  type Place,
  type Source,
  tables,
} from './grammar.ts';

export interface Query {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** One column of a kind, for a subquery in an expression; `one` for at most one row. */
export function scalarQuery(making: Making, place: Place, kind: Kind, one = false): string {
  if (making.depth <= 0) return `select ${expression(making, place, kind, 0)}`;
  making.depth -= 1;
  const from = fromItem(making, place);
  const inner = { ...place, sources: [...from.sources, ...(making.choices.chance(50) ? place.sources : [])] };
  const where = making.choices.chance(60) ? ` where ${expression(making, inner, 'bool', 2)}` : '';
  making.depth += 1;
  return `select ${expression(making, inner, kind, 1)} from ${from.sql}${where}${one ? ' limit 1' : ''}`;
}

interface From {
  readonly sql: string;
  readonly sources: readonly Source[];
}

/** One item of FROM. */
export function fromItem(making: Making, place: Place): From {
  const { choices } = making;
  const drawn = choices.below(100);
  if (drawn < 62 || making.depth <= 0) return table(making, place);
  if (drawn < 78) return join(making, place);
  if (drawn < 86) return subquery(making, place);
  if (drawn < 92 && place.common.length > 0) {
    const common = choices.pick(place.common);
    const alias = freshName(making);
    return { sql: `${common.name} ${alias}`, sources: [{ alias, columns: common.columns, stored: false }] };
  }
  return functionItem(making, place);
}

function table(making: Making, place: Place): From {
  const { choices } = making;
  let found = choices.pick(tables);
  if (found.wild === true && !making.mayBeWild) found = tables[0] ?? found;
  if (found.wild === true) making.wild = true;
  const hidden = place.common.some(({ name }) => name === found.name);
  if (hidden) found = tables[3] ?? found;
  const only = /^(?:events|animals|dogs)$/.test(found.name) && choices.chance(20) ? 'only ' : '';
  const sample = found.view !== true && choices.chance(3) ? ' tablesample system (50)' : '';
  if (choices.chance(30)) {
    const alias = found.name.split('.').at(-1) ?? '';
    return {
      sql: `${only}${found.name}${sample}`,
      sources: [{ alias, columns: found.columns, stored: true }],
    };
  }
  const alias = freshName(making);
  const renamed = choices.chance(10) && found.columns.length > 1;
  const columns = renamed
    ? found.columns.map(({ kind }, i) => ({ name: `${alias}c${i}`, kind }))
    : found.columns;
  const names = renamed ? ` (${columns.map(({ name }) => name).join(', ')})` : '';
  return {
    sql: `${only}${found.name} ${choices.pick(['', 'as '])}${alias}${names}${sample}`,
    sources: [{ alias, columns, stored: true }],
  };
}

const joins = ['join', 'left join', 'right join', 'full join', 'inner join'];

function join(making: Making, place: Place): From {
  making.depth -= 1;
  const left = table(making, place);
  const right = making.choices.chance(25) ? join1(making, place, left) : table(making, place);
  making.depth += 1;
  if (left.sources.some((a) => right.sources.some((b) => a.alias === b.alias))) return left;
  const sources = [...left.sources, ...right.sources];
  const style = making.choices.below(10);
  if (style === 9) return { sql: `${left.sql} cross join ${right.sql}`, sources };
  const shared = sharedColumn(left.sources, right.sources);
  const kind = making.choices.pick(joins);
  if (style >= 6 && shared !== null) {
    // A merged column is neither side's: qualified names only mean the sides' own.
    const merged = sources.map((source) => ({
      ...source,
      columns: source.columns.filter(({ name }) => name !== shared.name),
    }));
    return {
      sql: `${left.sql} ${kind} ${right.sql} using (${shared.name})${making.choices.chance(20) ? ` as ${freshName(making, 'j')}` : ''}`,
      sources: [...merged, { alias: sources[0]?.alias ?? '', columns: [shared], stored: false }],
    };
  }
  const on = expression(making, { ...place, sources, aggregates: false }, 'bool', 1);
  // Merging is for conditions that a hash can be made of; FULL JOIN takes no other.
  if (kind === 'full join') return { sql: `${left.sql} left join ${right.sql} on ${on}`, sources };
  return { sql: `${left.sql} ${kind} ${right.sql} on ${on}`, sources };
}

/** The right side of a join is a join in parentheses. */
function join1(making: Making, place: Place, other: From): From {
  const inner = join(making, place);
  const meets = inner.sources.some((a) => other.sources.some((b) => a.alias === b.alias));
  return meets
    ? table(making, place)
    : { sql: inner.sql.includes(' join ') ? `(${inner.sql})` : inner.sql, sources: inner.sources };
}

/** A name that both sides have once, of one kind. */
function sharedColumn(left: readonly Source[], right: readonly Source[]): Column | null {
  const all = (sources: readonly Source[]) => sources.flatMap((source) => source.columns);
  return (
    all(left).find(
      (column) =>
        column.kind !== 'other' &&
        all(left).filter(({ name }) => name === column.name).length === 1 &&
        all(right).filter(({ name, kind }) => name === column.name && kind === column.kind).length === 1 &&
        all(right).filter(({ name }) => name === column.name).length === 1,
    ) ?? null
  );
}

function subquery(making: Making, place: Place): From {
  making.depth -= 1;
  const lateral = making.choices.chance(25);
  const query = simpleQuery(making, {
    sources: lateral ? place.sources : [],
    common: place.common,
    aggregates: true,
  });
  making.depth += 1;
  const alias = freshName(making);
  const renamed = making.choices.chance(25);
  const columns = renamed
    ? query.columns.map(({ kind }, i) => ({ name: `${alias}s${i}`, kind }))
    : query.columns;
  const names = renamed ? ` (${columns.map(({ name }) => name).join(', ')})` : '';
  return {
    sql: `${lateral ? 'lateral ' : ''}(${query.sql}) ${alias}${names}`,
    sources: [{ alias, columns, stored: false }],
  };
}

function functionItem(making: Making, place: Place): From {
  const alias = freshName(making);
  const e = (kind: Kind) => expression(making, place, kind, 1);
  const made: readonly (readonly [string, readonly Column[]])[] = [
    [`generate_series(1, 3) ${alias} (n)`, [{ name: 'n', kind: 'int' }]],
    [`unnest(${e('texts')}) with ordinality ${alias} (v, o)`, [{ name: 'v', kind: 'text' }]],
    [
      `jsonb_each_text(case when jsonb_typeof(${e('json')}) = 'object' then '{}'::jsonb end) ${alias}`,
      [
        { name: 'key', kind: 'text' },
        { name: 'value', kind: 'text' },
      ],
    ],
    [
      `jsonb_to_record('{"a": 1, "b": "x"}') ${alias} (a int, b text)`,
      [
        { name: 'a', kind: 'int' },
        { name: 'b', kind: 'text' },
      ],
    ],
    [
      `(values (1, 'x'), (2, ${e('text')})) ${alias} (n, t)`,
      [
        { name: 'n', kind: 'int' },
        { name: 't', kind: 'text' },
      ],
    ],
    [`regexp_split_to_table(${e('text')}, 'a') ${alias} (part)`, [{ name: 'part', kind: 'text' }]],
    [
      `rows from (generate_series(1, 2), unnest(array['q'])) ${alias} (n, t)`,
      [
        { name: 'n', kind: 'int' },
        { name: 't', kind: 'text' },
      ],
    ],
    [`generate_series(${e('date')}, date '2024-01-05', interval '1 year') ${alias} (d)`, []],
    [`string_to_table(${e('text')}, ',') as ${alias}`, [{ name: alias, kind: 'text' }]],
    [`pg_catalog.jsonb_path_query(${e('json')}, '$.*') ${alias} (j)`, [{ name: 'j', kind: 'json' }]],
  ];
  if (making.mayBeWild && making.choices.chance(12)) {
    making.wild = true;
    return {
      sql: `lib.rows(${e('int')}) ${alias}`,
      sources: [
        {
          alias,
          columns: [
            { name: 'a', kind: 'int' },
            { name: 'b', kind: 'text' },
          ],
          stored: false,
        },
      ],
    };
  }
  const [sql, columns] = making.choices.pick(made);
  return { sql, sources: [{ alias, columns, stored: false }] };
}

/** SELECT … FROM … with what may follow; its output columns have names of their own. */
export function simpleQuery(making: Making, outer: Place): Query {
  const { choices } = making;
  const from = choices.chance(97) ? fromList(making, outer) : { sql: '', sources: [] };
  const place: Place = {
    sources: [...from.sources, ...outer.sources],
    common: outer.common,
    aggregates: true,
  };
  const here: Place = { ...place, sources: from.sources.length === 0 ? place.sources : place.sources };
  const grouped = choices.chance(18);
  const clauses: string[] = [];
  if (from.sql !== '') clauses.push(`from ${from.sql}`);
  if (choices.chance(55)) clauses.push(`where ${expression(making, here, 'bool', 3)}`);
  if (grouped) return groupedQuery(making, here, clauses);
  const star = choices.chance(12) && from.sources.length === 1 ? from.sources[0] : undefined;
  if (
    star !== undefined &&
    star.columns.every((column) => column.kind !== 'other') &&
    from.sql.split(' ').length <= 3
  ) {
    const wanted = choices.pick(['*', `${star.alias}.*`]);
    return { sql: `select ${wanted} ${clauses.join(' ')}`, columns: star.columns };
  }
  const columns: Column[] = [];
  const items = choices.several(1, 4, () => {
    const name = freshName(making, 'o');
    const special = choices.below(40);
    const stored = from.sources.find((source) => source.stored);
    if (special === 39 && stored !== undefined) {
      columns.push({ name, kind: 'other' });
      return `${stored.alias} as ${name}`;
    }
    if (special === 38) {
      columns.push({ name, kind: 'other' });
      return `${windowed(making, here)} ${name}`;
    }
    if (special === 37 && stored !== undefined && stored.columns.every((column) => column.kind !== 'other')) {
      columns.push({ name, kind: 'other' });
      return `${choices.pick(['row_to_json', 'to_jsonb', 'to_json'])}(${stored.alias}) as ${name}`;
    }
    const kind = choices.pick(kinds);
    columns.push({ name, kind });
    return `${expression(making, here, kind)} ${choices.pick(['as ', ''])}${name}`;
  });
  const distinct = choices.chance(8) && columns.every(({ kind }) => kind !== 'other') ? 'distinct ' : '';
  if (choices.chance(35))
    clauses.push(
      `order by ${choices.pick(distinct === '' ? ['1', '1 desc', orderKey(making, here)] : ['1'])}`,
    );
  if (choices.chance(25))
    clauses.push(
      choices.pick(['limit 3', 'limit 5 offset 1', 'fetch first 2 rows only', 'offset 1 limit all']),
    );
  return { sql: `select ${distinct}${items.join(', ')} ${clauses.join(' ')}`.trim(), columns };
}

const orderKey = (making: Making, place: Place) =>
  `${expression(making, place, making.choices.pick(kinds.slice(0, 3)), 1)} nulls first`.replace(
    /^(-?[\d.]+|'[^']*'|null::\w+) /,
    'now() ',
  );

function groupedQuery(making: Making, place: Place, clauses: string[]): Query {
  const { choices } = making;
  const keyKind = choices.pick(['text', 'int', 'date'] as const);
  const key = choices.chance(70) ? expression(making, place, keyKind, 1) : null;
  const columns: Column[] = [];
  const items: string[] = [];
  if (key !== null) {
    const name = freshName(making, 'k');
    items.push(`(${key}) as ${name}`);
    columns.push({ name, kind: keyKind });
    clauses.push(`group by ${choices.pick(['1', name, `rollup (1)`, `grouping sets ((1), ())`])}`);
  }
  items.push(
    ...choices.several(1, 3, () => {
      const kind = choices.pick(kinds);
      const name = freshName(making, 'a');
      columns.push({ name, kind });
      return `${aggregate(making, place, kind)} as ${name}`;
    }),
  );
  if (choices.chance(30)) clauses.push(`having count(*) > 0 and ${aggregate(making, place, 'bool')}`);
  return { sql: `select ${items.join(', ')} ${clauses.join(' ')}`, columns };
}

function fromList(making: Making, outer: Place): From {
  const first = fromItem(making, outer);
  if (!making.choices.chance(15)) return first;
  const second = fromItem(making, { ...outer, sources: [...first.sources, ...outer.sources] });
  const meets = first.sources.some((a) => second.sources.some((b) => a.alias === b.alias));
  if (meets) return first;
  return { sql: `${first.sql}, ${second.sql}`, sources: [...first.sources, ...second.sources] };
}

/** A query as it may stand alone: with WITH, set operations, VALUES, TABLE. */
export function wholeQuery(
  making: Making,
  outer: Place = { sources: [], common: [], aggregates: true },
): Query {
  const { choices } = making;
  const drawn = choices.below(100);
  if (drawn >= 97)
    return {
      sql: choices.pick(['table orders', 'table app.v_deep', 'values (1, 2), (3, 4)', 'table m_sums']),
      columns: [],
    };
  if (drawn >= 85) return withQuery(making, outer);
  if (drawn >= 75) return setQuery(making, outer);
  return simpleQuery(making, outer);
}

function withQuery(making: Making, outer: Place): Query {
  const { choices } = making;
  const common: Common[] = [];
  const texts = choices
    .several(1, 2, () => {
      const name = choices.chance(15) ? 'items' : freshName(making, 'w');
      if (common.some((one) => one.name === name)) return null;
      making.depth -= 1;
      if (choices.chance(15)) {
        making.depth += 1;
        common.push({
          name,
          columns: [
            { name: 'n', kind: 'int' },
            { name: 't', kind: 'text' },
          ],
        });
        return `${name} (n, t) as (select 1, 'x' union ${choices.pick(['all ', ''])}select n + 1, ${choices.pick(['t', "t || 'x'"])} from ${name} where n < 3)`;
      }
      const query = simpleQuery(making, {
        sources: [],
        common: [...outer.common, ...common],
        aggregates: true,
      });
      making.depth += 1;
      common.push({ name, columns: query.columns });
      return `${name} as ${choices.pick(['', '', 'materialized ', 'not materialized '])}(${query.sql})`;
    })
    .filter((text) => text !== null);
  const recursive = texts.some((text) => text.includes('union'));
  const query = simpleQuery(making, { ...outer, common: [...outer.common, ...common] });
  return {
    sql: `with ${recursive ? 'recursive ' : ''}${texts.join(', ')} ${query.sql}`,
    columns: query.columns,
  };
}

function setQuery(making: Making, outer: Place): Query {
  const { choices } = making;
  const wanted = choices.several(1, 3, () => choices.pick(kinds));
  const part = () => {
    const from = fromItem(making, outer);
    const place: Place = { sources: from.sources, common: outer.common, aggregates: false };
    const where = choices.chance(40) ? ` where ${expression(making, place, 'bool', 1)}` : '';
    return `select ${wanted.map((kind) => expression(making, place, kind, 1)).join(', ')} from ${from.sql}${where}`;
  };
  const name = freshName(making, 'u');
  const kind = choices.pick(['union all', 'union', 'intersect', 'except', 'except all']);
  const order = choices.chance(30) ? ' order by 1' : '';
  return {
    sql: `select * from ((${part()}) ${kind} (${part()})${order}) as ${name} (${wanted.map((_, i) => `${name}c${i}`).join(', ')})`,
    columns: wanted.map((wantedKind, i) => ({ name: `${name}c${i}`, kind: wantedKind })),
  };
}
