/**
 * The lease on a parked run, by the store's clock:
 *
 * ```
 * free ──take──▶ leased ──renew──▶ leased         a lapsed lease can be taken by another; until then its holder may renew
 *   ▲              │
 *   └──release─────┘                              parking again and finishing end it, too
 * ```
 */
import type { LeaseId, ParkedRunId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import { isFree, isOwn, type ParkedRunRow, parkedRunColumns, type RunOwner } from './parked-run-row.ts';
import type { Database } from './store.ts';

const leaseMs = 15 * 60_000;
const until = sql`clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'`;

/** Of two takers one wins: the row is locked by the first, and its guard fails for the second. @returns null when it was not free. */
export async function takeParkedRun(
  db: Database,
  owner: RunOwner,
  id: ParkedRunId,
  lease: LeaseId,
  event: NewEvent,
): Promise<ParkedRunRow | null> {
  const { rows } = await sql<ParkedRunRow>`
    with taken as (
      update parked_runs p set lease = ${lease}, leased_until = ${until} where ${isOwn(owner, id)} and ${isFree}
      returning *),
    ${eventCtes(event, 'taken')}
    select ${parkedRunColumns} from taken p`.execute(db);
  return rows[0] ?? null;
}

/** @returns null when another has taken it since, or it is gone. */
export async function renewLease(
  db: Database,
  owner: RunOwner,
  id: ParkedRunId,
  lease: LeaseId,
  event: NewEvent,
): Promise<ParkedRunRow | null> {
  const { rows } = await sql<ParkedRunRow>`
    with renewed as (
      update parked_runs p set leased_until = ${until} where ${isOwn(owner, id)} and p.lease = ${lease}
      returning *),
    ${eventCtes(event, 'renewed')}
    select ${parkedRunColumns} from renewed p`.execute(db);
  return rows[0] ?? null;
}

/** Gives a run back as it was. @returns null when the lease was not in force by name. */
export async function releaseLease(
  db: Database,
  owner: RunOwner,
  id: ParkedRunId,
  lease: LeaseId,
  event: NewEvent,
): Promise<ParkedRunRow | null> {
  const { rows } = await sql<ParkedRunRow>`
    with released as (
      update parked_runs p set lease = null, leased_until = null where ${isOwn(owner, id)} and p.lease = ${lease}
      returning *),
    ${eventCtes(event, 'released')}
    select ${parkedRunColumns} from released p`.execute(db);
  return rows[0] ?? null;
}
