/** Records an event that moves no call: a token minted, a policy loaded, a preview taken. */
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

export async function appendEvent(db: Database, event: NewEvent): Promise<void> {
  await sql`with one as (select 1), ${eventCtes(event, 'one')} select 1`.execute(db);
}
