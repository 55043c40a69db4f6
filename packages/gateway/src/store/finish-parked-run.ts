/** Erases a parked run: it is done, or given up. What its calls did stays in the ledger. */
import type { LeaseId, ParkedRunId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import { isFree, isOwn, type RunOwner } from './parked-run-row.ts';
import type { Database } from './store.ts';

/**
 * By its lease, as long as nobody took the run since; without one, while nobody has it. A lease that is over does not
 * count as none: what another parked since is not its holder's to erase.
 *
 * @returns false when it is not there, another has it, or the lease is over.
 */
export async function finishParkedRun(
  db: Database,
  owner: RunOwner,
  id: ParkedRunId,
  lease: LeaseId | null,
  event: NewEvent,
): Promise<boolean> {
  const { rows } = await sql`
    with finished as (
      delete from parked_runs p where ${isOwn(owner, id)} and (case when ${lease}::text is null then ${isFree} else p.lease = ${lease}::text end)
      returning p.id),
    ${eventCtes(event, 'finished')}
    select id from finished`.execute(db);
  return rows.length === 1;
}
