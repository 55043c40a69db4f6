/** A few of the rows a trial changes: after, as the statement returned them, and before, as everybody else still sees them. */
import { type Sample, visibleText } from '@countersign/core';
import type { Masker } from '../../masking/masker.ts';
import type { PreviewWish } from '../protocol.ts';
import { type Written, type WrittenRow, writtenRow } from './measured-text.ts';
import { openPortal, type Row } from './portal.ts';
import type { Reach } from './reach.ts';
import { type Timeouts, Transaction } from './transaction.ts';

/** Rows of each statement. */
export const sampleRows = 5;
/** Characters of a cell; what is longer is cut, and says so. */
const cellCharacters = 200;

/** Characters that the samples of a call have in all: a card is to be read. Rows that come after them are left out. */
export const sampleCharacters = 16 * 1024;

/** Gathers the first rows of a statement. */
export class RowSample {
  readonly #written: Written | null;
  readonly #rows: WrittenRow[] = [];

  /** @param written The table whose rows the statement returns; null where it returns none. */
  constructor(written: Written | null) {
    this.#written = written;
  }

  readonly add = (row: Row): void => {
    if (this.#written !== null && this.#rows.length < sampleRows)
      this.#rows.push(writtenRow(this.#written, row));
  };

  /** While the trial holds its locks. Null where nothing was changed that could be seen. Rejects with the signal's reason. */
  async finish(
    reach: Reach,
    timeouts: Timeouts,
    wish: PreviewWish,
    room: { characters: number },
    signal: AbortSignal,
  ): Promise<Sample | null> {
    const written = this.#written;
    if (written === null || this.#rows.length === 0 || room.characters <= 0) return null;
    const masker = wish.makeMasker(written.columns);
    const there = this.#rows.filter(({ fate }) => fate === 'written').map(({ cells }) => cells);
    const found = there.length === 0 ? [] : await rowsBefore(reach, timeouts, written, there, signal);
    const rows: Sample['rows'] = [];
    for (const { fate, cells } of this.#rows) {
      const row =
        fate === 'deleted'
          ? { before: shown(cells, masker), after: null }
          : { before: shown(found[there.indexOf(cells)] ?? null, masker), after: shown(cells, masker) };
      room.characters -= JSON.stringify(row).length;
      if (room.characters <= 0) break;
      rows.push(row);
    }
    if (rows.length === 0) return null;
    return { table: written.name, columns: written.columns.map(({ name }) => name), rows };
  }
}

function shown(row: Row | null, masker: Masker): (string | null)[] | null {
  if (row === null) return null;
  return row.map((cell, index) => {
    const masked = masker.touches(index) ? masker.cell(index, cell) : cell;
    const text = masked === null ? null : visibleText(masked);
    return text === null || text.length <= cellCharacters
      ? text
      : `${text.slice(0, cellCharacters)}… (${text.length} characters)`;
  });
}

const primaryKey = `
  SELECT a.attname::text AS name FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
  WHERE i.indisprimary AND n.nspname = $1 AND c.relname = $2`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Each row as it was, by its primary key, from a connection that doesn't see the trial; null where it can't be found. */
async function rowsBefore(
  reach: Reach,
  timeouts: Timeouts,
  { schema, table, columns }: Written,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<readonly (Row | null)[]> {
  let transaction: Awaited<ReturnType<typeof Transaction.read>> | null = null;
  try {
    transaction = await Transaction.read(reach, 'write', timeouts, signal);
    const keys = await transaction.step((client) =>
      client.query<{ name: string }>(primaryKey, [schema, table]),
    );
    const places = keys.rows.map(({ name }) => columns.findIndex((column) => column.name === name));
    if (places.length === 0 || places.includes(-1)) return [];
    const isSame = (row: Row) => (other: Row) => places.every((place) => row[place] === other[place]);
    const values = rows.flatMap((row) => places.map((place) => row[place] ?? null));
    const conditions = rows.map((_, index) =>
      places
        .map((place, at) => `${quoted(columns[place]?.name ?? '')} = $${index * places.length + at + 1}`)
        .join(' AND '),
    );
    const text = `SELECT ${columns.map(({ name }) => quoted(name)).join(', ')}
      FROM ${quoted(schema)}.${quoted(table)} WHERE (${conditions.join(') OR (')})`;
    const found: Row[] = [];
    await transaction.step((client) =>
      openPortal(client, { text, values, rows: 0, onRow: (row) => found.push(row) }),
    );
    return rows.map((row) => found.find(isSame(row)) ?? null);
  } catch {
    signal.throwIfAborted();
    return [];
  } finally {
    transaction?.abandon();
  }
}
