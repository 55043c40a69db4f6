/** The claim, and what belongs to it: each carries the owner and the epoch, so that a fenced gateway changes nothing. */
import type { CallId, CallState, Json } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import { moveCall } from './move-call.ts';
import { notStopped } from './stops.ts';
import type { Database } from './store.ts';

export interface Claim {
  readonly call: CallId;
  readonly instance: string;
  readonly epoch: number;
}

/**
 * The one atomic step from a decided call to an execution. It can succeed once: the row leaves `from` in the same
 * statement, and its guard holds the second clock, the kill switch, and the epoch that was read with the decision.
 */
export async function claimCall(
  db: Database,
  claim: Claim,
  move: { from: readonly CallState[]; to: CallState },
  event: NewEvent,
): Promise<boolean> {
  return moveCall(db, {
    call: claim.call,
    ...move,
    code: 'in_progress',
    set: sql`owner_instance = ${claim.instance}, epoch = ${claim.epoch}, heartbeat_at = clock_timestamp()`,
    and: sql`c.start_by > clock_timestamp() and c.epoch = ${claim.epoch - 1} and ${notStopped}`,
    event,
  });
}

/** Holds while the claim is ours: the guard of everything its owner writes. */
export function isOurs(claim: Claim) {
  return sql`c.owner_instance = ${claim.instance} and c.epoch = ${claim.epoch}`;
}

/** Keeps what recovery needs, before the first byte that could take effect. @returns false when the claim is not ours. */
export async function keepEvidence(
  db: Database,
  claim: Claim,
  evidence: Json,
  event: NewEvent,
): Promise<boolean> {
  const { rows } = await sql`
    with kept as (
      update calls c set evidence = ${JSON.stringify(evidence)}::text::jsonb
      where c.id = ${claim.call} and c.state = 'claimed' and ${isOurs(claim)} returning c.id),
    ${eventCtes(event, 'kept')}
    select id from kept`.execute(db);
  return rows.length === 1;
}

/**
 * A sign of life for the calls that this gateway still works on. Not for all it has claimed: the answer to a claim can
 * get lost, and then nobody works on that call.
 */
export async function beat(db: Database, instance: string, held: readonly CallId[]): Promise<void> {
  await sql`
    update calls set heartbeat_at = clock_timestamp()
    where state = 'claimed' and owner_instance = ${instance} and id in (${sql.join(held)})`.execute(db);
}

/** A claim that was taken over, and what its owner had kept until then: after the fence it keeps nothing any more. */
export interface Fenced extends Claim {
  readonly evidence: Json;
}

/** Takes a dead gateway's claim over, by a new epoch. @returns the claim, or null when its owner moved first. */
export async function fence(db: Database, dead: Claim, instance: string): Promise<Fenced | null> {
  const epoch = dead.epoch + 1;
  const { rows } = await sql<{ evidence: Json }>`
    update calls c set owner_instance = ${instance}, epoch = ${epoch}, heartbeat_at = clock_timestamp()
    where c.id = ${dead.call} and c.state = 'claimed' and ${isOurs(dead)} returning c.evidence`.execute(db);
  const [row] = rows;
  return row === undefined ? null : { call: dead.call, instance, epoch, evidence: row.evidence };
}
