/** Who may look at what. */
import type { Principal } from '@countersign/core';
import { mayVote, votingHuman } from '@countersign/policy';
import type { ApprovalRow, Onlooker } from '../store/approvals.ts';
import type { Room } from './room.ts';
import { requesterOf } from './vote.ts';

/** Whoever looks on. Somebody who has several roles looks as the person they are, and sees what all of them may. */
export interface Viewer {
  /** The person they are; the operator or auditor, where they are none. */
  readonly principal: Principal;
  /** Whether they may look at everything: operators and auditors. */
  readonly everything: boolean;
}

/** As whom somebody looks on who comes as all of these; undefined for who may not. */
export function viewerOf(principals: readonly Principal[]): Viewer | undefined {
  const as = (wanted: Principal['class']) => principals.find((one) => one.class === wanted);
  const overseer = as('auditor') ?? as('operator');
  const principal = as('person') ?? overseer;
  return principal && { principal, everything: overseer !== undefined };
}

/** Whether somebody may look at an approval. */
export function mayLook(room: Pick<Room, 'current'>, viewer: Viewer, row: ApprovalRow): boolean {
  return viewer.everything || isTheirs(room, viewer.principal, row);
}

/** Whether an approval is a person's own business: they were asked, or the call was made for them. */
export function isTheirs(room: Pick<Room, 'current'>, principal: Principal, row: ApprovalRow): boolean {
  const may = mayVote(room.current().policy, row.requirement, { principal }, requesterOf(row));
  return may === 'yes' || may === 'own_request';
}

/** As whom the store is asked. */
export function onlookerOf(room: Pick<Room, 'current'>, { principal, everything }: Viewer): Onlooker {
  return { human: votingHuman(room.current().policy, principal), everything };
}
