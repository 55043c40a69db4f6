/** Reminders: a call that waits is reminded of once, whichever gateway notices first. */
import type { CallId } from '@countersign/core';
import { sql } from 'kysely';
import type { Endable } from '../calls/end.ts';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

/** Calls that are to be reminded of, the longest due first; by the index on those that wait for that. */
export async function dueReminders(db: Database, limit: number): Promise<readonly Endable[]> {
  const { rows } = await sql<Endable>`
    select id, run, run_id from calls where state = 'waiting' and remind_at <= now()
    order by remind_at, id limit ${limit}`.execute(db);
  return rows;
}

/** @returns false where it waits no longer, or somebody else was first; nothing is written then. */
export async function markReminded(db: Database, call: CallId, event: NewEvent): Promise<boolean> {
  const { rows } = await sql`
    with reminded as (
      update calls c set remind_at = null
      where c.id = ${call} and c.state = 'waiting' and c.remind_at <= clock_timestamp() and c.vote_by > clock_timestamp()
      returning c.id),
    ${eventCtes(event, 'reminded')}
    select id from reminded`.execute(db);
  return rows.length === 1;
}
