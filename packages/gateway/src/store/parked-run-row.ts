/** A parked run as the store holds it, without its state. */
import type { LeaseId, ParkedRunId } from '@countersign/core';
import { sql } from 'kysely';

/** Whose a parked run is: one principal's, for one person or none. */
export interface RunOwner {
  readonly principal: string;
  readonly onBehalfOf: string | null;
}

export interface ParkedRunRow {
  readonly id: ParkedRunId;
  readonly run: string;
  readonly run_id: string;
  readonly schema_version: string;
  readonly fingerprint: string;
  readonly state_digest: string;
  readonly parked_at: Date;
  readonly lease: LeaseId | null;
  /** Null where it can be taken, by the store's clock. */
  readonly leased_until: Date | null;
  /** How many of the run's calls are not decided yet. */
  readonly waiting: number;
}

/** The columns of {@link ParkedRunRow}, from `parked_runs p`. The count reads the index on the calls' key. */
export const parkedRunColumns = sql.raw(`
  p.id, p.run, p.run_id, p.schema_version, p.fingerprint, p.state_digest, p.parked_at, p.lease,
  case when p.leased_until > clock_timestamp() then p.leased_until end as leased_until,
  (select count(*)::float8 from calls c
   where c.principal = p.principal and c.run = p.run and c.run_id = p.run_id
     and c.state in ('submitted', 'waiting')) as waiting`);

/** The guard of every operation on a parked run: it is this one, and the caller's own. */
export function isOwn(owner: RunOwner, id: ParkedRunId) {
  return sql`p.id = ${id} and p.principal = ${owner.principal} and p.on_behalf_of is not distinct from ${owner.onBehalfOf}::text`;
}

/** Holds where nobody's lease is in force, by the store's clock. */
export const isFree = sql`(p.lease is null or p.leased_until <= clock_timestamp())`;
