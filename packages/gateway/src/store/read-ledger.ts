/** Reads the ledger back: events by index, and signed heads. */
import type { SignedHead } from '@countersign/core';
import { sql } from 'kysely';
import type { Database } from './store.ts';

export interface IndexedEvent {
  readonly id: string;
  readonly index: number;
  readonly bytes: string;
  readonly contents: readonly string[];
}

/** Events with an index above `after`, in order, each with the names of the contents kept beside it. */
export async function readEvents(
  db: Database,
  after: number,
  limit: number,
): Promise<readonly IndexedEvent[]> {
  const { rows } = await sql<IndexedEvent>`
    select e.id, e.index::float8 as index, e.bytes,
           coalesce((select jsonb_agg(c.name order by c.name) from contents c where c.event_id = e.id), '[]') as contents
    from events e where e.index > ${after} order by e.index limit ${limit}`.execute(db);
  return rows;
}

export async function latestHead(db: Database): Promise<SignedHead | null> {
  const { rows } = await sql<SignedHead>`
    select size::float8 as size, root, at, key, signature from heads order by heads.size desc limit 1`.execute(
    db,
  );
  return rows[0] ?? null;
}
