/** Erases a parked run: it is done, or given up. What its calls did stays in the ledger. */
import type { LeaseId, ParkedRunId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import { isFree, isOwn, type RunOwner } from './parked-run-row.ts';
import type { Database } from './store.ts';

/** @returns false when it is not there, or another has it. */
export async function finishParkedRun(
  db: Database,
  owner: RunOwner,
  id: ParkedRunId,
  lease: LeaseId | null,
  event: NewEvent,
): Promise<boolean> {
  const { rows } = await sql`
    with finished as (
      delete from parked_runs p where ${isOwn(owner, id)} and (p.lease = ${lease}::text or ${isFree})
      returning p.id),
    ${eventCtes(event, 'finished')}
    select id from finished`.execute(db);
  return rows.length === 1;
}
