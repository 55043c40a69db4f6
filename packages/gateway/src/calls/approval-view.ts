/** Approvals as one person sees them. */
import { type ApprovalView, errorTable, type Preview, type Principal } from '@countersign/core';
import { countedFor, mayVote, votingHuman } from '@countersign/policy';
import { type ApprovalRow, type VoteRow, votesOn, waitingInRuns } from '../store/approvals.ts';
import { type CommentRow, commentsOn } from '../store/comments.ts';
import { previewName } from './ask.ts';
import { commentName, mayComment } from './comment.ts';
import type { Room } from './room.ts';
import { mayLook, type Viewer } from './sight.ts';
import { countedHumans, reasonName, requesterOf } from './vote.ts';

/** The most siblings that a card names. */
const mostSiblings = 50;

/** The cards, with what stands beside them: a few questions to the store for all of them together. */
export async function approvalViews(
  room: Room,
  rows: readonly ApprovalRow[],
  viewer: Viewer,
): Promise<readonly ApprovalView[]> {
  const ids = rows.map(({ id }) => id);
  const [votes, comments, waiting] = await Promise.all([
    votesOn(room.db, ids),
    commentsOn(room.db, ids),
    waitingInRuns(room.db, [...new Set(rows.map((row) => row.run_id))], mostSiblings + 1),
  ]);
  const votesBy = grouped(votes, (vote) => vote.approval_id);
  const commentsBy = grouped(comments, (comment) => comment.approval_id);
  const seen = waiting.filter((row) => mayLook(room, viewer, row));
  const siblingsBy = grouped(seen, (row) => row.run_id);
  return Promise.all(
    rows.map((row) =>
      view(room, row, viewer, {
        votes: votesBy.get(row.id) ?? [],
        comments: commentsBy.get(row.id) ?? [],
        siblings: (siblingsBy.get(row.run_id) ?? []).filter(({ id }) => id !== row.id),
      }),
    ),
  );
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(all, keyOf);
}

interface Beside {
  readonly votes: readonly VoteRow[];
  readonly comments: readonly CommentRow[];
  readonly siblings: readonly ApprovalRow[];
}

async function view(
  room: Room,
  row: ApprovalRow,
  viewer: Viewer,
  { votes, comments, siblings }: Beside,
): Promise<ApprovalView> {
  const { policy } = room.current();
  const preview = JSON.parse((await room.texts.read(row.preview_event, previewName)) ?? 'null') as Preview;
  const me = votingHuman(policy, viewer.principal)?.name ?? null;
  const mine = me === null ? undefined : votes.find(({ person }) => person === me);
  const may = whetherMayVote(room, row, viewer.principal, mine);
  const counted = countedFor(row.requirement, countedHumans(room, row, votes));
  return {
    id: row.id,
    call: row.call_id,
    state: row.state,
    digest: row.digest,
    preview,
    asks: row.requirement.asks.map(({ approvers, votes: needed, reason, rules }, index) => {
      const by = counted[index] ?? [];
      return {
        approvers: [...approvers],
        votes: needed,
        reason,
        rules: [...rules],
        approved_by: [...by],
        met: by.length >= needed,
      };
    }),
    votes: await voteViews(room, votes),
    comments: await commentViews(room, comments),
    run_id: row.run_id as ApprovalView['run_id'],
    tool: row.tool,
    siblings: siblings.slice(0, mostSiblings).map(({ id }) => id),
    created_at: row.created_at.toISOString(),
    vote_by: row.vote_by.toISOString(),
    remind_at: row.state === 'waiting' ? (row.remind_at?.toISOString() ?? null) : null,
    start_by: row.start_by?.toISOString() ?? null,
    now: new Date(room.runtime.now()).toISOString(),
    may_vote: may === 'yes',
    may_not_vote_code: may === 'yes' ? null : may,
    may_not_vote_because: may === 'yes' ? null : errorTable[may].people,
    fresh_within: row.requirement.freshMs === undefined ? null : row.requirement.freshMs / 1000,
    my_vote: mine?.vote ?? null,
    may_comment: row.state === 'waiting' && mayComment(room, viewer.principal, row),
  };
}

function whetherMayVote(room: Room, row: ApprovalRow, principal: Principal, mine: VoteRow | undefined) {
  if (row.state !== 'waiting') return 'already_decided';
  const may = mayVote(room.current().policy, row.requirement, { principal }, requesterOf(row));
  return may === 'yes' && mine !== undefined ? 'already_voted' : may;
}

/** @param said Whether the reasons are shown. */
export function voteViews(
  room: Room,
  votes: readonly VoteRow[],
  { said } = { said: true },
): Promise<ApprovalView['votes']> {
  return Promise.all(
    votes.map(async ({ person, vote, reason_event, at }) => ({
      person,
      vote,
      reason: said ? await room.texts.read(reason_event, reasonName) : null,
      at: at.toISOString(),
    })),
  );
}

export async function commentViews(
  room: Room,
  comments: readonly CommentRow[],
): Promise<ApprovalView['comments']> {
  const views = await Promise.all(
    comments.map(async ({ id, person, at }) => {
      const text = await room.texts.read(id, commentName);
      return text === null ? [] : [{ id, person, text, at: at.toISOString() }];
    }),
  );
  return views.flat();
}
