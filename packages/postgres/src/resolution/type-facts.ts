/** What is known of types beside their names: categories, bases, elements, bounds, and which turn into which unasked. */
import type { Catalog, TypeInfo } from '../catalog/catalog.ts';
import { builtinCasts } from '../functions/builtins.ts';

/** Ids of the server's own types that the rules of resolution name. */
export const typeIds = Object.freeze({
  bool: '16',
  bytea: '17',
  int8: '20',
  int2: '21',
  int4: '23',
  text: '25',
  float4: '700',
  float8: '701',
  json: '114',
  xml: '142',
  unknown: '705',
  date: '1082',
  time: '1083',
  timestamp: '1114',
  timestamptz: '1184',
  timetz: '1266',
  bit: '1560',
  numeric: '1700',
  record: '2249',
  recordArray: '2287',
  name: '19',
  oid: '26',
  jsonb: '3802',
});

/** The names that the server writes for its own types, where they differ from those of the catalog. */
export const writtenNames: ReadonlyMap<string, string> = new Map([
  ['integer', 'int4'],
  ['bigint', 'int8'],
  ['smallint', 'int2'],
  ['double precision', 'float8'],
  ['real', 'float4'],
  ['boolean', 'bool'],
  ['character varying', 'varchar'],
  ['character', 'bpchar'],
  ['timestamp with time zone', 'timestamptz'],
  ['timestamp without time zone', 'timestamp'],
  ['time with time zone', 'timetz'],
  ['time without time zone', 'time'],
  ['bit varying', 'varbit'],
  ['"char"', 'char'],
]);

/** The server's own arrays that are no type's array type: `int2vector`, `oidvector`, and the array of records. */
const vectorElements: ReadonlyMap<string, string> = new Map([
  ['22', typeIds.int2],
  ['30', typeIds.oid],
  [typeIds.recordArray, typeIds.record],
]);

/** The types of one catalog, by what the rules of resolution ask of them. Ids are strings. */
export class TypeFacts {
  readonly #catalog: Catalog;
  readonly #byName = new Map<string, string>();
  readonly #implicit = new Set<string>();
  readonly #explicit = new Set<string>();
  readonly #rows = new Map<string, string>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    for (const type of catalog.types.values()) {
      if (type.schema === 'pg_catalog') this.#byName.set(type.name, type.oid);
      if (type.relation !== null) this.#rows.set(type.relation, type.oid);
    }
    for (const { source, target, implicit } of builtinCasts()) {
      const pair = `${this.written(source)}>${this.written(target)}`;
      this.#explicit.add(pair);
      if (implicit) this.#implicit.add(pair);
    }
    for (const { source, target, implicit } of catalog.casts)
      if (implicit) this.#implicit.add(`${source}>${target}`);
  }

  info(oid: string): TypeInfo | null {
    return this.#catalog.types.get(oid) ?? null;
  }

  /** The id of one of the server's own types by the name it writes; pseudo-types too. Null for what is none. */
  written(name: string): string | null {
    if (name.endsWith('[]')) {
      const element = this.written(name.slice(0, -2));
      return element === null ? null : this.arrayOf(element);
    }
    const bare = writtenNames.get(name) ?? (name === '"any"' ? 'any' : name);
    return this.#byName.get(bare) ?? null;
  }

  arrayOf(oid: string): string | null {
    return oid === typeIds.record ? typeIds.recordArray : (this.#catalog.arrays.get(oid) ?? null);
  }

  /** The type of a relation's rows, by the relation's id. */
  rowOf(relation: string): string | null {
    return this.#rows.get(relation) ?? null;
  }

  /** The type that a domain is of, at the bottom; the type itself for any other. */
  base(oid: string): string {
    let type = this.info(oid);
    while (type?.kind === 'd' && type.base !== null) {
      oid = type.base;
      type = this.info(oid);
    }
    return oid;
  }

  /** The type of an array's elements; null for what is no array. */
  element(oid: string): string | null {
    const base = this.base(oid);
    return vectorElements.get(base) ?? this.info(base)?.element ?? null;
  }

  category(oid: string): string {
    return this.info(oid)?.category ?? 'U';
  }

  preferred(oid: string): boolean {
    return this.info(oid)?.preferred === true;
  }

  isPseudo(oid: string): boolean {
    return this.info(oid)?.kind === 'p';
  }

  /** The name of a pseudo-type that stands for any type of a family: `anyelement`, `anycompatiblearray`; else null. */
  polymorphic(oid: string): string | null {
    const type = this.info(oid);
    return type?.kind === 'p' && type.name.startsWith('any') && type.name !== 'any' ? type.name : null;
  }

  isComposite(oid: string): boolean {
    const { kind } = this.info(this.base(oid)) ?? {};
    return kind === 'c' || oid === typeIds.record;
  }

  /** Whether there is a cast between two types, and whether it is made unasked. Not through domains or arrays. */
  cast(source: string, target: string): 'implicit' | 'explicit' | null {
    const pair = `${source}>${target}`;
    if (this.#implicit.has(pair)) return 'implicit';
    return this.#explicit.has(pair) ? 'explicit' : null;
  }

  /** Whether a value of one type is taken as of another without a cast being written, as the server's parser decides. */
  coerces(source: string, target: string): boolean {
    if (source === target || source === typeIds.unknown) return true;
    const wanted = this.info(target);
    if (wanted === null) return false;
    if (wanted.kind === 'p') return this.#coercesToPseudo(source, wanted.name);
    const from = this.base(source);
    const to = this.base(target);
    if (from === to) return true;
    if (this.cast(from, to) === 'implicit' || this.cast(source, to) === 'implicit') return true;
    const [a, b] = [this.element(from), this.element(to)];
    if (a !== null && b !== null && wanted.kind !== 'd') return this.coerces(a, b);
    if (to === typeIds.record) return this.isComposite(from);
    return this.#inherits(from, to);
  }

  #coercesToPseudo(source: string, wanted: string): boolean {
    const base = this.base(source);
    switch (wanted) {
      case 'any':
      case 'anyelement':
      case 'anycompatible':
        return true;
      case 'anyarray':
      case 'anycompatiblearray':
        return this.element(base) !== null;
      case 'anynonarray':
      case 'anycompatiblenonarray':
        return this.element(base) === null;
      case 'anyenum':
        return this.info(base)?.kind === 'e';
      case 'anyrange':
      case 'anycompatiblerange':
        return this.info(base)?.kind === 'r';
      case 'anymultirange':
      case 'anycompatiblemultirange':
        return this.info(base)?.kind === 'm';
      case 'record':
        return this.isComposite(base);
      case 'record[]':
      case '_record':
        return this.isComposite(this.element(base) ?? '');
      default:
        return false;
    }
  }

  /** A row of a table is a row of each table it inherits from. */
  #inherits(source: string, target: string): boolean {
    const relationOf = (oid: string) => {
      const relation = this.info(oid)?.relation;
      return relation === null || relation === undefined
        ? null
        : (this.#catalog.relationsByOid.get(relation) ?? null);
    };
    const [child, parent] = [relationOf(source), relationOf(target)];
    if (child === null || parent === null) return false;
    const seen = new Set([child.oid]);
    for (const oid of seen)
      for (const up of this.#catalog.relationsByOid.get(oid)?.parents ?? []) seen.add(up);
    return seen.has(parent.oid);
  }
}

const known = new WeakMap<Catalog, TypeFacts>();

export function typeFacts(catalog: Catalog): TypeFacts {
  let facts = known.get(catalog);
  if (facts === undefined) known.set(catalog, (facts = new TypeFacts(catalog)));
  return facts;
}
