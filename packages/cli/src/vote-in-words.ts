/** What became of a vote, as its voter is told: what it was, on what, and whether that was enough. */
import type { ApprovalView, VoteRequest } from '@countersign/core';

/** In one line, the approval's id first; `after` is the approval as it is with the vote. */
export function voteInWords(vote: VoteRequest['vote'], after: ApprovalView): string {
  const { id, state, preview } = after;
  const became = state === 'waiting' ? `${id} has your vote and needs more` : `${id} is ${state}`;
  const did = vote === 'approve' ? 'approved' : 'rejected';
  return `${became}: you ${did} what ${preview.principal} asks on ${preview.connection} (${effectsInShort(preview.words)}).`;
}

/** The first effect, and how many more the card shows. */
export function effectsInShort([first = 'no effect that can be named', ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first}, and ${more.length} more`;
}
