/**
 * The digest of the rows a call changes: the same for the same keys and values, in whatever order they come. It is keyed,
 * so that who sees it can't try values against it.
 */
import { createHmac } from 'node:crypto';
import type { Row } from './portal.ts';

/** Rows beyond which values are not bound: a person approves a number then. */
export const maxDigestedRows = 10_000;

interface WrittenRow {
  readonly table: string;
  readonly columns: readonly { readonly name: string }[];
  readonly row: Row;
}

export class RowDigest {
  readonly #key: Uint8Array;
  readonly #rows: WrittenRow[] = [];

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  get rows(): number {
    return this.#rows.length;
  }

  add(table: string, columns: WrittenRow['columns'], row: Row): void {
    if (this.#rows.length <= maxDigestedRows) this.#rows.push({ table, columns, row });
  }

  digest(): string {
    // No row's JSON holds a line break, so that the lines can be told apart.
    const lines = this.#rows.map(({ table, row }) => JSON.stringify([table, row])).toSorted();
    return createHmac('sha256', this.#key).update(lines.join('\n')).digest('hex');
  }

  /** The columns whose values differ from those of another. */
  differences(other: RowDigest): readonly string[] {
    const [mine, theirs] = [this.#byColumn(), other.#byColumn()];
    const names = new Set([...mine.keys(), ...theirs.keys()]);
    const text = (values: readonly string[] | undefined) => JSON.stringify(values?.toSorted());
    return [...names].filter((name) => text(mine.get(name)) !== text(theirs.get(name))).toSorted();
  }

  #byColumn(): ReadonlyMap<string, readonly string[]> {
    const byColumn = new Map<string, string[]>();
    for (const { table, columns, row } of this.#rows)
      for (const [index, { name }] of columns.entries()) {
        const column = `${table}.${name}`;
        const values = byColumn.get(column);
        const value = JSON.stringify(row[index] ?? null);
        if (values === undefined) byColumn.set(column, [value]);
        else values.push(value);
      }
    return byColumn;
  }
}
