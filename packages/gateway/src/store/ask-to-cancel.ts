/** Asks whichever gateway runs a call to end it, and tells a gateway what it was asked. One index look-up each. */
import type { CallId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

/** @returns whether the call runs, and had not been asked to end before. */
export async function askToCancel(db: Database, call: CallId, event: NewEvent): Promise<boolean> {
  const { rows } = await sql`
    with asked as (
      update calls c set cancel_asked_at = clock_timestamp()
      where c.id = ${call} and c.state = 'claimed' and c.cancel_asked_at is null returning c.id),
    ${eventCtes(event, 'asked')}
    select id from asked`.execute(db);
  return rows.length === 1;
}

/** The calls that this gateway runs and was asked to end. */
export async function askedToCancel(db: Database, instance: string): Promise<readonly CallId[]> {
  const { rows } = await sql<{ id: CallId }>`
    select id from calls where state = 'claimed' and cancel_asked_at is not null and owner_instance = ${instance}`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}
