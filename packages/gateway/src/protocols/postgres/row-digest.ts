/**
 * The digest of the rows a call changes: the same for the same keys and values, in whatever order they come. It is keyed,
 * so that who sees it can't try values against it.
 */
import { createHmac } from 'node:crypto';
import { type Written, type WrittenRow, writtenRow } from './measured-text.ts';
import type { Row } from './portal.ts';

/** Rows beyond which values are not bound: a person approves a number then. */
export const maxDigestedRows = 10_000;

interface Digested extends WrittenRow {
  /** The number of the statement: what a later one writes, an earlier one didn't. */
  readonly statement: number;
  readonly written: Written;
}

export class RowDigest {
  readonly #key: Uint8Array;
  readonly #rows: Digested[] = [];

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  get rows(): number {
    return this.#rows.length;
  }

  add(statement: number, written: Written, row: Row): void {
    if (this.#rows.length <= maxDigestedRows)
      this.#rows.push({ statement, written, ...writtenRow(written, row) });
  }

  digest(): string {
    // No row's JSON holds a line break, so that the lines can be told apart.
    const lines = this.#rows
      .map(({ statement, written, fate, cells }) => JSON.stringify([statement, written.name, fate, cells]))
      .toSorted();
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
    for (const { written, cells } of this.#rows)
      for (const [index, { name }] of written.columns.entries()) {
        const column = `${written.name}.${name}`;
        const values = byColumn.get(column);
        const value = JSON.stringify(cells[index] ?? null);
        if (values === undefined) byColumn.set(column, [value]);
        else values.push(value);
      }
    return byColumn;
  }
}
