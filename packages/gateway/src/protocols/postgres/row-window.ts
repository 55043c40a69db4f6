/** The rows a result may have: gathered until a cap is reached, and what that means for the next batch. */
import type { Row } from './portal.ts';

export class RowWindow {
  readonly rows: Row[] = [];
  readonly #maxRows: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #cut = false;

  constructor(limits: { readonly rows: number; readonly bytes: number }) {
    this.#maxRows = limits.rows;
    this.#maxBytes = limits.bytes;
  }

  /** Whether there was a row that did not fit. */
  get cut(): boolean {
    return this.#cut;
  }

  /** Takes a row, or drops it and all that follow. */
  readonly add = (row: Row): void => {
    if (this.#cut) return;
    const bytes = row.reduce<number>((sum, cell) => sum + (cell === null ? 0 : Buffer.byteLength(cell)), 0);
    if (this.rows.length >= this.#maxRows || this.#bytes + bytes > this.#maxBytes) {
      this.#cut = true;
      return;
    }
    this.#bytes += bytes;
    this.rows.push(row);
  };

  /** Rows to ask for next: one beyond the cap, to know of it; fewer where the rows so far were large. */
  nextBatch(most: number): number {
    const left = this.#maxRows - this.rows.length + 1;
    const average = Math.max(1, this.#bytes / Math.max(1, this.rows.length));
    const fitting = Math.floor((this.#maxBytes - this.#bytes) / average) + 1;
    return Math.max(1, Math.min(left, fitting, most));
  }
}

/** Bytes one answer may have on the wire before the connection is cut: rows beyond the cap are dropped until then. */
export function wireCap(bytes: number): number {
  return 4 * bytes + 1024 * 1024;
}
