/** Dana at her terminal: sees the card, and votes by key. Without a terminal the demo says so, and votes for her. */
import type { Client } from '@countersign/client';
import { card } from '../card.ts';
import type { Host } from '../options.ts';
import { askKey } from '../terminal/ask-key.ts';
import type { Stage } from './stage.ts';

/**
 * Votes on everything that waits, by the same route that every approver uses.
 *
 * @returns whether anything was rejected.
 */
export async function voteOnAll(
  dana: Client,
  stage: Stage,
  { terminal, signal, now }: Host,
): Promise<boolean> {
  let rejected = false;
  const { approvals } = await dana.listApprovals({ signal });
  for (const approval of approvals) {
    await stage.line();
    const { paint, width } = stage;
    await stage.lines(card(approval, { paint, width: width - 4, now: now() }));
    await stage.line();
    const vote = terminal.interactive ? await ask(terminal, signal) : 'approve';
    if (!terminal.interactive)
      await stage.says('dana', 'There is no terminal to ask in, so the demo approves for her.', 'dim');
    const { state } = await dana.vote(
      approval.id,
      { vote, digest: approval.digest, ...reasonFor(vote) },
      { signal },
    );
    await stage.says('gateway', `The call is ${state}.`, state === 'approved' ? 'green' : 'red');
    if (vote === 'reject') rejected = true;
  }
  return rejected;
}

async function ask(terminal: Host['terminal'], signal: AbortSignal): Promise<'approve' | 'reject'> {
  const key = await askKey(terminal, '  You are dana. Approve exactly this? [y/n]', ['y', 'n'], signal);
  return key === 'y' ? 'approve' : 'reject';
}

const reasonFor = (vote: 'approve' | 'reject') => (vote === 'reject' ? { reason: 'Not today.' } : {});
