/** Keeps a parked run: a new one, or the new state of one that was taken. Each is one statement with its event. */
import type { LeaseId, ParkedHeader } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import { isOwn, type ParkedRunRow, parkedRunColumns, type RunOwner } from './parked-run-row.ts';
import type { Database } from './store.ts';

export interface ParkedState extends ParkedHeader {
  readonly runId: string;
  /** Base64. It crosses as text: the embedded store is slow, and holds everything else up, with binary parameters. */
  readonly state: string;
  readonly stateDigest: string;
}

/** @returns null when the id is known already, or the principal has `most` runs parked; nothing is written then. */
export async function insertParkedRun(
  db: Database,
  owner: RunOwner,
  parked: ParkedState,
  most: number,
  event: NewEvent,
): Promise<ParkedRunRow | null> {
  const { id, run, runId, schema_version, fingerprint, state, stateDigest } = parked;
  const { rows } = await sql<ParkedRunRow>`
    with kept as (
      insert into parked_runs (id, principal, on_behalf_of, run, run_id, schema_version, fingerprint, state, state_digest)
      select ${id}::text, ${owner.principal}::text, ${owner.onBehalfOf}::text, ${run}::text, ${runId}::text,
             ${schema_version}::text, ${fingerprint}::text, decode(${state}::text, 'base64'), ${stateDigest}::text
      where (select count(*) from parked_runs where principal = ${owner.principal}) < ${most}
      on conflict (id) do nothing
      returning *),
    ${eventCtes(event, 'kept')}
    select ${parkedRunColumns} from kept p`.execute(db);
  return rows[0] ?? null;
}

/**
 * Replaces the state and ends the lease. The lease's name is the fence: taking a run names another, so that a holder
 * whose lease lapsed can still park as long as nobody took the run since.
 *
 * @returns null when the run is not there, or was taken by another since.
 */
export async function replaceParkedRun(
  db: Database,
  owner: RunOwner,
  parked: ParkedState,
  lease: LeaseId,
  event: NewEvent,
): Promise<ParkedRunRow | null> {
  const { id, run, schema_version, fingerprint, state, stateDigest } = parked;
  const { rows } = await sql<ParkedRunRow>`
    with kept as (
      update parked_runs p set schema_version = ${schema_version}, fingerprint = ${fingerprint}, state = decode(${state}::text, 'base64'),
        state_digest = ${stateDigest}, parked_at = clock_timestamp(), lease = null, leased_until = null
      where ${isOwn(owner, id)} and p.run = ${run} and p.lease = ${lease}
      returning *),
    ${eventCtes(event, 'kept')}
    select ${parkedRunColumns} from kept p`.execute(db);
  return rows[0] ?? null;
}
