/** Contents: what was said, encrypted, beside the events that commit to it. */
import type { EventId } from '@countersign/core';
import { sql } from 'kysely';
import type { Database } from './store.ts';

export async function findContent(
  db: Database,
  event: EventId,
  name: string,
): Promise<{ readonly runId: string; readonly box: Buffer } | null> {
  const { rows } = await sql<{ run_id: string; box: Uint8Array }>`
    select run_id, box from contents
    where event_id = ${event} and name = ${name} and (expires_at is null or expires_at > clock_timestamp())`.execute(
    db,
  );
  const row = rows[0];
  return row === undefined ? null : { runId: row.run_id, box: Buffer.from(row.box) };
}

/** Removes results that are no longer kept. @returns how many. */
export async function dropExpiredContents(db: Database): Promise<number> {
  const { rows } = await sql`delete from contents where expires_at <= now() returning 1`.execute(db);
  return rows.length;
}
