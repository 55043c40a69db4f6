/** Dana at her terminal: sees the card, and votes by key. Without a terminal the demo says so, and votes for her. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@countersign/client';
import type { ApprovalId } from '@countersign/core';
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
    if (!terminal.interactive)
      await stage.says('dana', 'There is no terminal to ask in, so the demo approves for her.', 'dim');
    const asked = terminal.interactive ? await ask(dana, approval.id, terminal, signal) : 'approve';
    if (asked === 'voted') await stage.says('dana', 'voted in the console.', 'dim');
    const { state, my_vote: vote } =
      asked === 'voted'
        ? await dana.getApproval(approval.id, { signal })
        : await dana.vote(
            approval.id,
            { vote: asked, digest: approval.digest, ...reasonFor(asked) },
            { signal },
          );
    await stage.says('gateway', `The call is ${state}.`, state === 'approved' ? 'green' : 'red');
    if (vote === 'reject') rejected = true;
  }
  return rejected;
}

/** Asks for a key, until she has voted in the console. */
async function ask(
  dana: Client,
  id: ApprovalId,
  terminal: Host['terminal'],
  signal: AbortSignal,
): Promise<'approve' | 'reject' | 'voted'> {
  const answered = new AbortController();
  const either = AbortSignal.any([answered.signal, signal]);
  const elsewhere = votedElsewhere(dana, id, either).then((): 'voted' => {
    answered.abort();
    return 'voted';
  });
  elsewhere.catch(() => undefined);
  const question = '  You are dana. Approve exactly this, here or in the console? [y/n]';
  try {
    const key = await askKey(terminal, question, ['y', 'n'], either);
    return key === 'y' ? 'approve' : 'reject';
  } catch (thrown) {
    if (signal.aborted || !answered.signal.aborted) throw thrown;
    return await elsewhere;
  } finally {
    answered.abort();
  }
}

/** Milliseconds between looks. */
const lookEveryMs = 300;

async function votedElsewhere(dana: Client, id: ApprovalId, signal: AbortSignal): Promise<void> {
  while ((await dana.getApproval(id, { signal })).state === 'waiting')
    await sleep(lookEveryMs, undefined, { signal });
}

const reasonFor = (vote: 'approve' | 'reject') => (vote === 'reject' ? { reason: 'Not today.' } : {});
