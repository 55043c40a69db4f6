/**
 * The digest of the rows a call changes: the same for the same keys and values, in whatever order they come. It is keyed,
 * so that who sees it can't try values against it.
 */
import { createHmac } from 'node:crypto';
import type { Row } from './portal.ts';

/** Rows beyond which values are not bound: a person approves a number then. */
export const maxDigestedRows = 10_000;

export class RowDigest {
  readonly #key: Uint8Array;
  /** Of whole rows, and of each column by itself, by table. */
  readonly #rows: string[] = [];
  readonly #columns = new Map<string, string[]>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  get rows(): number {
    return this.#rows.length;
  }

  add(table: string, columns: readonly { readonly name: string }[], row: Row): void {
    if (this.#rows.length > maxDigestedRows) return;
    this.#rows.push(this.#of([table, row]));
    for (const [index, { name }] of columns.entries()) {
      const column = `${table}.${name}`;
      const values = this.#columns.get(column) ?? [];
      if (values.length === 0) this.#columns.set(column, values);
      values.push(this.#of([column, row[index] ?? null]));
    }
  }

  digest(): string {
    return this.#of(this.#rows.toSorted());
  }

  /** The columns whose values differ from those of another. */
  differences(other: RowDigest): readonly string[] {
    const names = new Set([...this.#columns.keys(), ...other.#columns.keys()]);
    const of = (digest: RowDigest, name: string) => digest.#of((digest.#columns.get(name) ?? []).toSorted());
    return [...names].filter((name) => of(this, name) !== of(other, name)).toSorted();
  }

  #of(value: unknown): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(value)).digest('hex');
  }
}
