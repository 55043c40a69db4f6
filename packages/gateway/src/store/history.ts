/**
 * Which history of a store this is. A standby that was promoted, or a backup that was brought back, goes on from an
 * earlier point than the store whose place it takes: PostgreSQL then writes another timeline, or it is another cluster.
 * Of an embedded store it is the boot of the machine. What it was when it was last trusted stands in `meta`.
 */
import { CountersignError } from '@countersign/core';
import { sql } from 'kysely';
import type { Database } from './store.ts';

/** The lock under which one gateway at a time draws its conclusions from another history. */
export const historyLock = 7402;

/** What `meta` calls it. */
export type HistoryName = 'boot' | 'history';

export interface StoreHistory {
  /** The mark it was last trusted with, and after a gap that gap's event; null for a new store. */
  readonly trusted: string | null;
  /** Events under the latest signed head. */
  readonly size: number;
}

/** @throws {CountersignError} `unavailable` for a standby, in which nothing can be recorded. */
export async function readHistory(db: Database, name: HistoryName): Promise<StoreHistory> {
  const { rows } = await sql<StoreHistory & { standby: boolean }>`
    select (select value from meta where meta.name = ${name}) as trusted, pg_is_in_recovery() as standby,
           (select coalesce(max(heads.size), 0)::float8 from heads) as size`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a select without a table returned no row');
  if (row.standby) throw new CountersignError('unavailable', { what: 'the store is a standby' });
  return row;
}

/** What a server says that may not or can't tell: no right to ask, no such function, no such file. */
const cannotTell = /^(?:42|0A|58|XX)/;

/**
 * The mark of a PostgreSQL store's history: its system identifier, and the timeline of its log (the control file learns
 * of that too late). Null where the server does not tell.
 */
export async function historyMark(db: Database): Promise<string | null> {
  try {
    const { rows } = await sql<{ mark: string }>`
      select (select system_identifier::text from pg_control_system()) || '/' ||
             left(pg_walfile_name(pg_current_wal_lsn()), 8) as mark`.execute(db);
    return rows[0]?.mark ?? null;
  } catch (thrown) {
    const { code } = thrown as { code?: unknown };
    if (typeof code === 'string' && cannotTell.test(code)) return null;
    throw thrown;
  }
}

export async function trustHistory(db: Database, name: HistoryName, mark: string): Promise<void> {
  await sql`
    insert into meta (name, value) values (${name}, ${mark})
    on conflict (name) do update set value = excluded.value`.execute(db);
}
