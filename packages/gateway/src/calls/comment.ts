/** Comments: what people say beside an approval that waits. They decide nothing. */
import { type ApprovalId, type CommentRequest, CountersignError, type Principal } from '@countersign/core';
import { votingHuman } from '@countersign/policy';
import { type ApprovalRow, findApproval } from '../store/approvals.ts';
import { insertComment } from '../store/comments.ts';
import type { Room } from './room.ts';
import { isTheirs } from './sight.ts';

export const commentName = 'comment';

/** Comments that an approval may have of one person, and of all. */
const most = { ofOne: 20, ofAll: 100 } as const;

/** Whether a person may comment: a human who was asked, or whose own request it is. */
export function mayComment(room: Pick<Room, 'current'>, principal: Principal, row: ApprovalRow): boolean {
  return votingHuman(room.current().policy, principal) !== null && isTheirs(room, principal, row);
}

/**
 * @throws {CountersignError} `not_found`, also for what the person may not look at; `already_decided`; `rate_limited`
 * where an approval has as many as it may.
 */
export async function comment(
  room: Room,
  principal: Principal,
  id: ApprovalId,
  { text }: CommentRequest,
): Promise<void> {
  const approval = await findApproval(room.db, id);
  const human = votingHuman(room.current().policy, principal);
  if (approval === null || human === null || !mayComment(room, principal, approval))
    throw new CountersignError('not_found', { what: id });
  const event = await room.ledger.event({
    type: 'comment.made',
    actor: principal.id,
    call: approval.call_id,
    run: { id: approval.run_id, name: approval.run },
    data: { approval: id, person: human.name, account: principal.account },
    contents: { [commentName]: text },
  });
  const { name: person } = human;
  if (await insertComment(room.db, { approval: id, person, account: principal.account ?? '', most }, event))
    return room.ledger.wake();
  const now = await findApproval(room.db, id);
  if (now?.state !== 'waiting') throw new CountersignError('already_decided');
  throw new CountersignError('rate_limited', { what: 'this approval has as many comments as it may have' });
}
