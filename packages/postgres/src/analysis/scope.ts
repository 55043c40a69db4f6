/**
 * What names mean at a place in a statement. A query has a scope; its FROM items stand in it, its outer scope is that
 * of the query around it, and the names WITH gives are seen from there inwards.
 */
import { CountersignError } from '@countersign/core';
import type { Value } from './value.ts';

/** A column as a FROM item offers it. */
export interface ScopeColumn {
  readonly name: string;
  readonly value: Value;
  /** Told when the column is used: the relation it belongs to counts it as read. */
  readonly onUse?: () => void;
}

/** A name that columns can be qualified with: a table or its alias. */
export interface ScopeEntry {
  readonly name: string;
  /** The schema, where the table stands under its own name. */
  readonly schema: string | null;
  readonly columns: readonly ScopeColumn[];
  /** The id of the type of its whole row, where it has a name. */
  readonly rowType?: string;
  /** Columns every table has and `*` leaves out: ctid, xmin, tableoid, … */
  readonly hidden?: readonly ScopeColumn[];
}

/** One item of FROM. A join has the entries of both sides, and the columns that bare names and `*` mean. */
export interface FromItem {
  readonly entries: readonly ScopeEntry[];
  readonly columns: readonly ScopeColumn[];
}

/** What a name of WITH stands for. Analysed when first used, and then kept. */
export interface CommonTable {
  readonly name: string;
  columns(): readonly ScopeColumn[];
  /** What decides which rows it has. */
  deciding(): Value;
}

/** The names of WITH, innermost first. */
export interface CommonTables {
  readonly tables: ReadonlyMap<string, CommonTable>;
  readonly outer: CommonTables | null;
}

export class Scope {
  readonly outer: Scope | null;
  readonly commonTables: CommonTables | null;
  readonly #items: FromItem[] = [];
  /** The named windows of the query, with what their partitions and order come from. */
  readonly windows = new Map<string, readonly Value[]>();

  constructor(outer: Scope | null, commonTables: CommonTables | null = outer?.commonTables ?? null) {
    this.outer = outer;
    this.commonTables = commonTables;
  }

  get items(): readonly FromItem[] {
    return this.#items;
  }

  add(item: FromItem): void {
    this.#items.push(item);
  }

  /** The same place with more names of WITH. */
  within(tables: ReadonlyMap<string, CommonTable>): Scope {
    const inner = new Scope(this.outer, { tables, outer: this.commonTables });
    for (const item of this.#items) inner.add(item);
    return inner;
  }

  commonTable(name: string): CommonTable | null {
    for (let level = this.commonTables; level !== null; level = level.outer) {
      const found = level.tables.get(name);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** The column a bare name means, here or further out; null where there is none. */
  column(name: string): ScopeColumn | null {
    return this.#columnHere(name) ?? this.outer?.column(name) ?? null;
  }

  /** The table or alias a name means, here or further out; null where there is none. */
  entry(name: string, schema: string | null = null): ScopeEntry | null {
    const found = this.#items.flatMap((item) =>
      item.entries.filter((entry) => entry.name === name && (schema === null || entry.schema === schema)),
    );
    return onlyOne(found, name) ?? this.outer?.entry(name, schema) ?? null;
  }

  #columnHere(name: string): ScopeColumn | null {
    const isNamed = (column: ScopeColumn) => column.name === name;
    const found = this.#items.flatMap((item) => item.columns.filter(isNamed));
    if (found.length > 0) return onlyOne(found, name);
    const hidden = this.#items.flatMap((item) =>
      item.entries.flatMap((entry) => entry.hidden?.filter(isNamed) ?? []),
    );
    return onlyOne(hidden, name);
  }
}

function onlyOne<T>(found: readonly T[], name: string): T | null {
  if (found.length > 1)
    throw new CountersignError('unknown_object', { what: `the name "${name}" is ambiguous` });
  return found[0] ?? null;
}

/** Uses a column: whatever it belongs to is told. */
export function use(column: ScopeColumn): Value {
  column.onUse?.();
  return column.value;
}

export function entryColumn(entry: ScopeEntry, name: string): ScopeColumn | null {
  const found = entry.columns.filter((column) => column.name === name);
  return (
    onlyOne(found, `${entry.name}.${name}`) ?? entry.hidden?.find((column) => column.name === name) ?? null
  );
}
