/** Queries over the fixture: joins, subqueries, set operations, aggregates and windows around random expressions. */
import { expression, type Kind, kinds, type Value } from './expressions.ts';
import { Choices } from './random.ts';

export interface Generated {
  readonly sql: string;
  /** One for each output: whether a protected value can be in it. */
  readonly hot: readonly boolean[];
}

interface Source {
  readonly sql: string;
  readonly columns: readonly (readonly [name: string, kind: Kind, hot: boolean])[];
}

const free = (columns: string): Source['columns'] =>
  columns.split(' ').map((entry) => {
    const [name = '', kind = 'text'] = entry.split(':');
    return [name, kind as Kind, false] as const;
  });
const hot = (columns: string): Source['columns'] =>
  free(columns).map(([name, kind]) => [name, kind, true] as const);

const person = [
  ...free('id:int name city'),
  ...hot('ssn salary:int balance:num born:date doc:json phones:texts home:address key_bytes:bytes'),
];
const sources: readonly Source[] = [
  { sql: 'people', columns: person },
  { sql: 'only people', columns: person },
  { sql: 'people_guarded', columns: person },
  { sql: 'peek_all()', columns: person.map(([name, kind]) => [name, kind, true] as const) },
  { sql: 'staff', columns: [...person, ...hot('badge')] },
  { sql: 'words', columns: free('id:int word amount:int doc:json') },
  { sql: 'words', columns: free('id:int word amount:int doc:json') },
  { sql: 'accounts', columns: [...free('id:int person:int label'), ...hot('token')] },
  { sql: 'payments', columns: [...free('id:int person:int day:date'), ...hot('card')] },
  { sql: 'payments_old', columns: [...free('id:int day:date'), ...hot('card')] },
  { sql: 'people_tags', columns: [...free('id:int name'), ...hot('tag')] },
  { sql: 'people_loud', columns: [...free('id:int name'), ...hot('loud')] },
  { sql: 'people_kept', columns: [...free('id:int'), ...hot('kept pan:json')] },
  {
    sql: 'people_sums',
    columns: [...free('city n:int').map(([n, k]) => [n, k, true] as const), ...hot('top')],
  },
];

const aggregates: readonly (readonly [sql: string, of: Kind, makes: Kind])[] = [
  ['max($1)', 'text', 'text'],
  ["string_agg($1, ',' order by $1)", 'text', 'text'],
  ['array_agg($1)', 'text', 'texts'],
  ['jsonb_agg($1)', 'text', 'json'],
  ['jsonb_agg($1)', 'json', 'json'],
  ['sum($1)::numeric', 'int', 'num'],
  ['max($1)', 'date', 'date'],
  ['count($1)::int', 'text', 'int'],
  ['bool_or($1)', 'bool', 'bool'],
];

class Maker {
  readonly #choices: Choices;
  #names = 0;

  constructor(seed: number) {
    this.#choices = new Choices(seed);
  }

  #name(): string {
    return `n${++this.#names}`;
  }

  /** A query whose outputs are named and of these kinds, where they are given. */
  query(depth: number, outer: readonly Value[], wanted: readonly Kind[] | null): Source {
    const choices = this.#choices;
    if (wanted === null && depth > 0 && choices.chance(15)) return this.#union(depth, outer);
    const { sql: from, atHand, where } = this.#from(depth);
    const values = [...atHand, ...outer.filter(() => choices.chance(30))];
    const wantedKinds = wanted ?? Array.from({ length: 1 + choices.below(4) }, () => choices.pick(kinds));
    const shape = choices.below(10);
    const outputs = wantedKinds.map((kind): Value => {
      if (shape === 0) return this.#aggregate(kind, values);
      if (shape === 1 && choices.chance(60)) return this.#window(kind, values);
      if (depth > 0 && choices.chance(12)) return this.#scalar(kind, depth, values);
      return expression(choices, kind, values, choices.below(4), 55);
    });
    const named = outputs.map((value) => ({ ...value, name: this.#name() }));
    const list = named.map(({ sql, name }) => `${sql} as ${name}`).join(', ');
    return {
      sql: `select ${list} from ${from}${where}`,
      columns: named.map(({ name, kind, hot }) => [name, kind, hot] as const),
    };
  }

  #union(depth: number, outer: readonly Value[]): Source {
    const left = this.query(depth - 1, outer, null);
    const right = this.query(
      depth - 1,
      outer,
      left.columns.map(([, kind]) => kind),
    );
    const word = this.#choices.pick(['union all', 'union all', 'union', 'except', 'intersect all']);
    return {
      sql: `(${left.sql}) ${word} (${right.sql})`,
      columns: left.columns.map(
        ([name, kind, isHot], at) => [name, kind, isHot || right.columns[at]?.[2] === true] as const,
      ),
    };
  }

  #from(depth: number): { readonly sql: string; readonly atHand: readonly Value[]; readonly where: string } {
    const choices = this.#choices;
    const items: string[] = [];
    const atHand: Value[] = [];
    for (let left = 1 + choices.below(2); left > 0; left--) {
      const alias = this.#name();
      const isQuery = depth > 0 && choices.chance(35);
      const source = isQuery ? this.query(depth - 1, [], null) : choices.pick(sources);
      const columns = source.columns.map(([name, kind, isHot]) => {
        const renamed = choices.chance(20) ? this.#name() : name;
        atHand.push({ sql: `${alias}.${renamed}`, kind, hot: isHot });
        return renamed;
      });
      const list = isQuery ? `(${columns.join(', ')})` : '';
      if (!isQuery) {
        // A table's own names: its columns may be others, or in another order.
        atHand.splice(-columns.length);
        for (const [name, kind, isHot] of source.columns)
          atHand.push({ sql: `${alias}.${name}`, kind, hot: isHot });
      }
      const as = isQuery ? `(${source.sql}) as ${alias} ${list}` : `${source.sql} as ${alias}`;
      items.push(items.length === 0 ? as : choices.pick([`cross join ${as}`, `left join ${as} on true`]));
    }
    const cold = atHand.filter((value) => !value.hot && value.kind === 'int');
    const where = cold.length > 0 && choices.chance(25) ? ` where ${choices.pick(cold).sql} < 3` : '';
    return { sql: items.join(' '), atHand, where };
  }

  #aggregate(kind: Kind, values: readonly Value[]): Value {
    const fitting = aggregates.filter(([, , makes]) => makes === kind);
    if (fitting.length === 0) return expression(this.#choices, kind, [], 1, 0);
    const [sql, of] = this.#choices.pick(fitting);
    const inner = expression(this.#choices, of, values, 1, 55);
    return { sql: sql.replaceAll('$1', inner.sql), kind, hot: inner.hot };
  }

  #window(kind: Kind, values: readonly Value[]): Value {
    const inner = expression(this.#choices, kind, values, 1, 55);
    const word = this.#choices.pick(['first_value', 'last_value', 'lag']);
    return { ...inner, sql: `${word}(${inner.sql}) over ()` };
  }

  #scalar(kind: Kind, depth: number, values: readonly Value[]): Value {
    const inner = this.query(depth - 1, values, [kind]);
    // Which row it is, and whether there is one, may come from what is protected.
    return { sql: `(${inner.sql} limit 1)`, kind, hot: true };
  }

  whole(): Generated {
    const choices = this.#choices;
    const depth = choices.below(3);
    if (choices.chance(15)) {
      const inner = this.query(depth, [], null);
      const alias = this.#name();
      const form = choices.pick(['to_jsonb($)', '$::text', 'row_to_json($)', '$', '$.*']);
      const isStar = form === '$.*';
      const isHot = inner.columns.map(([, , is]) => is);
      return {
        sql: `with ${alias} as (${inner.sql}) select ${form.replace('$', () => alias)} from ${alias}`,
        hot: isStar ? isHot : [isHot.some(Boolean)],
      };
    }
    const { sql, columns } = this.query(depth, [], null);
    return { sql, hot: columns.map(([, , is]) => is) };
  }
}

/** The query of a seed. */
export const generatedQuery = (seed: number): Generated => new Maker(seed).whole();
