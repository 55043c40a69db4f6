/** An operator closes a call whose outcome stayed open. Its state stays what it is: unknown remains unknown. */
import type { CallId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

/** @returns false when the call has no open outcome. */
export async function settleByHand(db: Database, call: CallId, event: NewEvent): Promise<boolean> {
  const { rows } = await sql`
    with settled as (
      update calls set settled_at = clock_timestamp()
      where id = ${call} and writes and settled_at is null and (state = 'unknown' or (state = 'succeeded' and fetched_at is null))
      returning id),
    ${eventCtes(event, 'settled')}
    select id from settled`.execute(db);
  return rows.length === 1;
}
