/**
 * Fresh sign-ins: a rule may want that who approves has just signed in again, for this very approval. The identity
 * provider's ID token says when, and carries a nonce made of the approval digest; it is kept as evidence with the vote.
 */
import { type ApprovalId, CountersignError, type Principal, type SessionId } from '@countersign/core';
import { z } from 'zod';
import { type ApprovalRow, findApproval } from '../store/approvals.ts';
import { findFreshSignIn, keepFreshSignIn } from '../store/fresh-sign-ins.ts';
import type { Room } from './room.ts';
import { isTheirs } from './sight.ts';

/** The content of a vote's event that holds the ID token. */
export const idTokenName = 'id_token';

const evidenceSchema = z.strictObject({ idToken: z.string(), salt: z.string() });

/** What a vote rests on besides who cast it. */
export interface SignInProof {
  readonly signedInAt: Date;
  readonly idToken: string;
  /** With the approval digest it makes the nonce of the ID token. */
  readonly salt: string;
}

/** @throws {CountersignError} `not_found`; `sign_in_failed` for an approval that asks for no sign-in. */
export async function askedSignIn(
  room: Room,
  principal: Principal,
  id: ApprovalId,
): Promise<{ readonly approval: ApprovalId; readonly digest: string; readonly freshMs: number }> {
  const row = await findApproval(room.db, id);
  if (row === null || !isTheirs(room, principal, row)) throw new CountersignError('not_found', { what: id });
  const { freshMs } = row.requirement;
  if (freshMs === undefined)
    throw new CountersignError('sign_in_failed', { what: 'this approval asks for no fresh sign-in' });
  return { approval: id, digest: row.digest, freshMs };
}

const nameOf = (session: string, digest: string) => `sign-in ${session} ${digest}`;

export async function keepSignIn(
  room: Room,
  session: SessionId,
  { approval, digest }: { readonly approval: ApprovalId; readonly digest: string },
  { signedInAt, ...evidence }: SignInProof,
): Promise<void> {
  const row = await findApproval(room.db, approval);
  if (row?.digest !== digest)
    throw new CountersignError('sign_in_failed', { what: 'the approval is not what it was' });
  const box = await room.ledger.lock(row.run_id, nameOf(session, digest), JSON.stringify(evidence));
  await keepFreshSignIn(room.db, { session, digest, signedInAt, runId: row.run_id, evidence: box });
}

/** Null where the approval asks for none. @throws {CountersignError} `sign_in_again`. */
export async function proofOfSignIn(
  room: Room,
  { credential }: Principal,
  { requirement, digest, run_id }: ApprovalRow,
): Promise<SignInProof | null> {
  const { freshMs } = requirement;
  if (freshMs === undefined) return null;
  const found = credential === undefined ? null : await findFreshSignIn(room.db, credential, digest, freshMs);
  const plain =
    found === null
      ? null
      : await room.ledger.unlock(run_id, nameOf(credential ?? '', digest), found.evidence);
  if (found === null || plain === null) throw new CountersignError('sign_in_again');
  return { signedInAt: found.signedInAt, ...evidenceSchema.parse(JSON.parse(plain)) };
}
