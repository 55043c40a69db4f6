/**
 * Votes. A vote names the approval digest of exactly what was shown. It, and the move it decides, are one transaction
 * under the lock of the call's row: a vote can't be lost between the two, and two votes can't both be the deciding one.
 */
import {
  type ApprovalId,
  CountersignError,
  type EventId,
  type Principal,
  type VoteRequest,
} from '@countersign/core';
import { type Human, mayVote, requirementMet, votingHuman } from '@countersign/policy';
import { sql } from 'kysely';
import { sameDigest } from '../identity/same-digest.ts';
import { type ApprovalRow, castVotes, findApproval, type VoteRow } from '../store/approvals.ts';
import { eventCtes, type NewEvent } from '../store/event-row.ts';
import { moveCall } from '../store/move-call.ts';
import type { Database } from '../store/store.ts';
import { expireIfDue } from './end.ts';
import { idTokenName, proofOfSignIn, type SignInProof } from './fresh-sign-in.ts';
import { moves } from './machine.ts';
import type { Room } from './room.ts';

export const reasonName = 'reason';

/**
 * @throws {CountersignError} `not_found`; `already_decided`, `expired`; `digest_mismatch` when what was shown is not
 * what waits; `not_eligible`, `own_request`, `unmapped_account`, `already_voted`; `reason_required`, `sign_in_again`.
 */
export async function vote(
  room: Room,
  principal: Principal,
  id: ApprovalId,
  request: VoteRequest,
): Promise<void> {
  const approval = await findApproval(room.db, id);
  if (approval === null) throw new CountersignError('not_found', { what: id });
  const human = checkVoter(room, principal, approval);
  if (!sameDigest(approval.digest, request.digest)) {
    throw new CountersignError('digest_mismatch', {
      what: 'the digest is not that of what waits',
      expected: approval.digest,
    });
  }
  if (await expireIfDue(room, { id: approval.call_id, run: approval.run, run_id: approval.run_id }))
    throw new CountersignError('expired');
  if (
    request.vote === 'approve' &&
    request.reason === undefined &&
    approval.requirement.asks.some(({ reason }) => reason)
  ) {
    throw new CountersignError('reason_required', { expected: 'a reason' });
  }

  // A rejection needs no proof beyond the session: it lets nothing through.
  const proof = request.vote === 'approve' ? await proofOfSignIn(room, principal, approval) : null;
  const events = await eventsOf(room, principal, human, approval, request, proof);
  room.runtime.reached('vote.before');
  await room.db.transaction().execute(async (tx) => {
    await lockWaiting(tx, approval);
    await insertVote(tx, room.runtime.newId('evt'), principal, human, approval, request, proof, events.cast);
    if (request.vote === 'reject') await reject(tx, approval, events.decided);
    else await approveIfMet(room, tx, approval, events.decided);
  });
  room.runtime.reached('vote.after');
  room.waiters.moved(approval.call_id);
  room.ledger.wake();
}

function checkVoter(room: Room, principal: Principal, approval: ApprovalRow): Human {
  const { policy } = room.current();
  const human = votingHuman(policy, principal);
  const may = mayVote(policy, approval.requirement, { principal }, requesterOf(approval));
  if (may !== 'yes') throw new CountersignError(may);
  if (human === null) throw new CountersignError('unmapped_account');
  return human;
}

export function requesterOf(approval: ApprovalRow): {
  id: string;
  owner: string | null;
  onBehalfOf: string | null;
} {
  return { id: approval.principal, owner: approval.owner, onBehalfOf: approval.on_behalf_of };
}

/** Made before the transaction begins, because sealing may have to look up the run's key. */
async function eventsOf(
  room: Room,
  principal: Principal,
  human: Human,
  approval: ApprovalRow,
  request: VoteRequest,
  proof: SignInProof | null,
) {
  const shared = {
    actor: principal.id,
    call: approval.call_id,
    run: { id: approval.run_id, name: approval.run },
  };
  const cast = await room.ledger.event({
    ...shared,
    type: 'vote.cast',
    data: {
      approval: approval.id,
      approvalDigest: approval.digest,
      vote: request.vote,
      person: human.name,
      account: principal.account,
      ...(proof === null ? {} : { signedInAt: proof.signedInAt.toISOString(), nonceSalt: proof.salt }),
    },
    contents: {
      ...(request.reason === undefined ? {} : { [reasonName]: request.reason }),
      ...(proof === null ? {} : { [idTokenName]: proof.idToken }),
    },
  });
  const decided = await room.ledger.event({
    ...shared,
    type: request.vote === 'reject' ? 'call.rejected' : 'call.approved',
    data: { approval: approval.id },
  });
  return { cast, decided };
}

/** Judged in every statement of the vote: the clock may run out between two of them. */
const inTime = sql`c.vote_by > clock_timestamp()`;

async function lockWaiting(tx: Database, approval: ApprovalRow): Promise<void> {
  const { rows } = await sql<{ state: string; in_time: boolean }>`
    select c.state, ${inTime} as in_time from calls c where c.id = ${approval.call_id} for update`.execute(
    tx,
  );
  const row = rows[0];
  if (row === undefined || row.state !== 'waiting') throw new CountersignError('already_decided');
  if (!row.in_time) throw new CountersignError('expired');
}

async function insertVote(
  tx: Database,
  id: EventId,
  principal: Principal,
  human: Human,
  approval: ApprovalRow,
  request: VoteRequest,
  proof: SignInProof | null,
  event: NewEvent,
): Promise<void> {
  const { rows } = await sql`
    with cast_vote as (
      insert into votes (id, approval_id, person, account, groups, vote, reason_event, credential, signed_in_at)
      select ${id}::text, ${approval.id}::text, ${human.name}::text, ${principal.account}::text,
             ${JSON.stringify(principal.groups)}::text::jsonb, ${request.vote}::text, ${event.id}::text,
             ${principal.credential ?? null}::text, ${proof?.signedInAt.toISOString() ?? null}::timestamptz
      from calls c where c.id = ${approval.call_id} and ${inTime}
      on conflict (approval_id, person) do nothing returning id),
    ${eventCtes(event, 'cast_vote')}
    select id from cast_vote`.execute(tx);
  if (rows.length > 0) return;
  await lockWaiting(tx, approval);
  throw new CountersignError('already_voted');
}

async function reject(tx: Database, approval: ApprovalRow, event: NewEvent): Promise<void> {
  const moved = await moveCall(tx, {
    call: approval.call_id,
    ...moves.reject,
    code: 'rejected',
    set: sql`rejected_at = clock_timestamp(), finished_at = clock_timestamp()`,
    and: inTime,
    event,
  });
  if (!moved) throw new CountersignError('expired');
}

async function approveIfMet(room: Room, tx: Database, approval: ApprovalRow, event: NewEvent): Promise<void> {
  const votes = await castVotes(tx, approval.id);
  if (!requirementMet(approval.requirement, countedHumans(room, approval, votes))) return;
  const moved = await moveCall(tx, {
    call: approval.call_id,
    ...moves.approve,
    code: 'needs_approval',
    set: sql`start_by = clock_timestamp() + ${approval.requirement.startWithinMs}::float8 * interval '1 millisecond'`,
    and: inTime,
    event,
  });
  if (!moved) throw new CountersignError('expired');
}

/**
 * The humans whose approvals count today: still mapped, still in a group asked, not the requester, by a token or session
 * that was not taken away since, and after as fresh a sign-in as is required today.
 */
export function countedHumans(
  room: Room,
  approval: ApprovalRow,
  votes: readonly VoteRow[],
): readonly Human[] {
  const { policy } = room.current();
  const { freshMs } = approval.requirement;
  return votes.flatMap(({ vote: cast, account, groups, at, signed_in_at, revoked }) => {
    if (cast !== 'approve' || revoked) return [];
    if (freshMs !== undefined && !(signed_in_at !== null && at.getTime() - signed_in_at.getTime() <= freshMs))
      return [];
    const name = account.slice(account.indexOf(':') + 1);
    const principal: Principal = {
      class: 'person',
      id: `person:${name}`,
      name,
      account,
      groups,
      owner: null,
      onBehalfOf: null,
    };
    const human = votingHuman(policy, principal);
    const may = mayVote(policy, approval.requirement, { principal }, requesterOf(approval));
    return human !== null && may === 'yes' ? [human] : [];
  });
}
