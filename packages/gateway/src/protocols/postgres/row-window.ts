/**
 * The rows a result may have: gathered until a cap is reached, and what that means for the next batch. Rows are masked
 * as they come, and count as what is left of them: where a result ends must not tell how large a hidden value is.
 */
import type { Row } from './portal.ts';

export class RowWindow {
  #rows: Row[] = [];
  #count = 0;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #mask: (row: Row) => Row;
  #bytes = 0;
  #bytesRead = 0;
  #cut = false;
  #fault: { readonly thrown: unknown } | null = null;

  /** @param mask What is left of a row. */
  constructor(limits: { readonly rows: number; readonly bytes: number }, mask: (row: Row) => Row) {
    this.#maxRows = limits.rows;
    this.#maxBytes = limits.bytes;
    this.#mask = mask;
  }

  /** Those that were not taken. Throws what masking one of them threw. */
  get rows(): readonly Row[] {
    if (this.#fault !== null) throw this.#fault.thrown;
    return this.#rows;
  }

  /** Rows that fitted, those that were taken included. */
  get count(): number {
    return this.#count;
  }

  /** The rows since the last time, which are not kept here any longer. They count as ever. Throws as `rows` does. */
  take(): readonly Row[] {
    const { rows } = this;
    this.#rows = [];
    return rows;
  }

  /** Whether there was a row that did not fit. */
  get cut(): boolean {
    return this.#cut;
  }

  /** Takes a row, or drops it and all that follow. */
  readonly add = (read: Row): void => {
    if (this.#cut || this.#fault !== null) return;
    let row: Row;
    try {
      row = this.#mask(read);
    } catch (thrown) {
      // Rows come from the socket's own events, where nobody would catch it.
      this.#fault = { thrown };
      return;
    }
    const bytes = bytesOf(row);
    if (this.#count >= this.#maxRows || this.#bytes + bytes > this.#maxBytes) {
      this.#cut = true;
      return;
    }
    this.#bytes += bytes;
    this.#bytesRead += row === read ? bytes : bytesOf(read);
    this.#rows.push(row);
    this.#count++;
  };

  /** Rows to ask for next: one beyond the cap, to know of it; fewer where the rows so far were large. */
  nextBatch(most: number): number {
    const left = this.#maxRows - this.#count + 1;
    const average = Math.max(1, this.#bytesRead / Math.max(1, this.#count));
    const fitting = Math.floor((this.#maxBytes - this.#bytes) / average) + 1;
    return Math.max(1, Math.min(left, fitting, most));
  }
}

const bytesOf = (row: Row): number =>
  row.reduce<number>((sum, cell) => sum + (cell === null ? 0 : Buffer.byteLength(cell)), 0);

/** Bytes one answer may have on the wire before the connection is cut: rows beyond the cap are dropped until then. */
export function wireCap(bytes: number): number {
  return 4 * bytes + 1024 * 1024;
}
