/** Who may look at what. */
import type { Principal } from '@countersign/core';
import { mayVote, votingHuman } from '@countersign/policy';
import type { ApprovalRow, Onlooker } from '../store/approvals.ts';
import type { Room } from './room.ts';
import { requesterOf } from './vote.ts';

/** Whether somebody may look at everything: operators and auditors. */
export function seesAll(viewer: Principal): boolean {
  return viewer.class === 'operator' || viewer.class === 'auditor';
}

/** Whether a person may look at an approval: they were asked, or the call was made for them. */
export function mayLook(room: Pick<Room, 'current'>, viewer: Principal, row: ApprovalRow): boolean {
  if (seesAll(viewer)) return true;
  const may = mayVote(room.current().policy, row.requirement, { principal: viewer }, requesterOf(row));
  return may === 'yes' || may === 'own_request';
}

/**
 * As whom the store is asked: `everything` for those who see all, the human, or `nothing` for an account that belongs
 * to no one.
 */
export function onlookerOf(
  room: Pick<Room, 'current'>,
  viewer: Principal,
): Onlooker | 'everything' | 'nothing' {
  if (seesAll(viewer)) return 'everything';
  return votingHuman(room.current().policy, viewer) ?? 'nothing';
}
