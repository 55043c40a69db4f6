/** Waiting for people, and writing what they decided into the run's state. */
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNever, type CallView, CountersignError } from '@countersign/core';
import type { GatewayClient } from './gateway-client.ts';
import { type GuardedInterruption, guardedInterruptions } from './guard.ts';
import { type PendingCall, pendingCall } from './pending.ts';
import { refusalText } from './result-text.ts';
import type { RunContextLike, RunStateLike } from './sdk.ts';
import { heldCall, submitCall } from './submit.ts';

/** How long votes are waited for. */
export interface ApplyVotesOptions {
  /** Ends the wait; what it is aborted with is thrown. */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait at most; default: as long as it takes. The gateway's own clocks end every wait. */
  readonly timeoutMs?: number;
}

/** What was decided: to be approved in the state, or rejected with words for the model. */
type Verdict = { readonly kind: 'approve' } | { readonly kind: 'reject'; readonly message: string };

/** Seconds one long poll asks for. */
const pollSeconds = 25;
/** A gateway that answers a long poll at once, or not at all, is not asked again before this. Milliseconds. */
const pauseMs = 500;

export async function applyVotes(
  gateway: GatewayClient,
  state: RunStateLike,
  { signal, timeoutMs }: ApplyVotesOptions = {},
): Promise<readonly PendingCall[]> {
  signal?.throwIfAborted();
  const guarded = guardedInterruptions(gateway, state.getInterruptions());
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const stops = [signal, deadline].filter((stop) => stop !== undefined);
  // When one fails for good, the others stop waiting.
  const failed = new AbortController();
  const waiting = await Promise.all(
    guarded.map(async (item) => {
      try {
        const verdict = await verdictOn(state._context, item, AbortSignal.any([...stops, failed.signal]));
        if (verdict.kind === 'approve') state.approve(item.interruption);
        else state.reject(item.interruption, { message: verdict.message });
        return [];
      } catch (error) {
        if (deadline?.aborted === true && signal?.aborted !== true && !failed.signal.aborted)
          return [pendingCall(state._context, item)];
        failed.abort(error);
        throw error;
      }
    }),
  );
  return waiting.flat();
}

/** Waits for what people decide of one call. */
async function verdictOn(
  runContext: RunContextLike,
  { guard, call, interruption }: GuardedInterruption,
  signal: AbortSignal,
): Promise<Verdict> {
  const arrived = parseArguments(interruption.arguments);
  const asked = arrived === undefined ? null : guard.input.read(arrived);
  // The SDK pauses for what it cannot parse without asking the tool, so the gateway never saw it and nobody can vote.
  if (asked === null) return rejected(refusalText('malformed'));
  const client = guard.gateway.clientFor(runContext);
  let view = heldCall(guard, runContext, call.callId, asked);
  for (;;) {
    const began = performance.now();
    try {
      view =
        view === undefined
          ? await submitCall(guard, runContext, call.callId, asked, signal)
          : await client.getCall(view.id, { wait: pollSeconds, signal });
      const verdict = verdictOf(view);
      if (verdict !== null) return verdict;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CountersignError)) throw error;
      if (isApplicationsFault(error)) throw error;
      if (error.entry.retry !== 'later') return rejected(refusalText(error));
    }
    if (performance.now() - began < pauseMs) await sleep(pauseMs, undefined, { signal });
  }
}

/** What a call's state means for the run; null while it waits. */
function verdictOf(view: CallView): Verdict | null {
  switch (view.state) {
    case 'submitted':
    case 'waiting':
      return null;
    // A call that has run already is approved too: `execute` then brings its recorded outcome, and runs nothing.
    case 'allowed':
    case 'approved':
    case 'claimed':
    case 'succeeded':
    case 'failed':
    case 'unknown':
      return { kind: 'approve' };
    case 'denied':
    case 'rejected':
    case 'expired':
    case 'cancelled':
      return rejected(view.reason);
    default:
      return assertNever(view.state);
  }
}

const rejected = (message: string): Verdict => ({ kind: 'reject', message });

/** A token that no longer serves is no one's decision: the application mends it and waits again. */
function isApplicationsFault({ code }: CountersignError): boolean {
  return code === 'unauthenticated' || code === 'wrong_actor' || code === 'config_invalid';
}

function parseArguments(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
