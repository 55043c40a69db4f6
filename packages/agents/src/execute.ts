/**
 * The tool's `execute`, where the gateway's decision is enforced: whatever the SDK, the application or a state from
 * elsewhere says of an approval, a call runs when the gateway lets it, and else the model gets words. Never throws.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, neverSent } from '@countersign/client';
import {
  asCountersignError,
  type CallView,
  type CountersignError,
  type ErrorCode,
  isFinished,
  isNotExecuted,
  notExecutedText,
  outcomeUnknownText,
} from '@countersign/core';
import type { Guard } from './guard.ts';
import { refusalText, resultText } from './result-text.ts';
import type { RunContextLike } from './sdk.ts';
import { heldCall, submitCall } from './submit.ts';
import { tellDeveloper } from './tell-developer.ts';

/** How often a lost answer is asked for again; the gateway runs nothing twice. */
const tries = 5;
/** Milliseconds between two of them, and between two looks at a call that runs. */
const pauseMs = 500;
/** Milliseconds after which a call that still runs is left to itself. */
const patienceMs = 10 * 60_000;
/** Milliseconds that a cancellation may take. */
const cancelMs = 10_000;

/** @param callId The SDK's; part of the call's key. */
export async function execute(
  guard: Guard,
  runContext: RunContextLike,
  callId: string,
  arrived: unknown,
  signal?: AbortSignal,
): Promise<string> {
  try {
    const asked = guard.input.read(arrived);
    if (asked === null) return refusalText('malformed');
    const held = heldCall(guard, runContext, callId, asked);
    const view = held ?? (await submitCall(guard, runContext, callId, asked, signal));
    if (isFinished(view.state) && isNotExecuted(view.state)) return view.reason;
    const client = guard.gateway.clientFor(runContext);
    // Nobody paused for it: it must not be granted later, when no one is there to receive the result.
    if (held === undefined && view.state === 'waiting') {
      await neverRuns(client, view);
      return notExecutedText('not_decided');
    }
    const ended = await run(client, view, signal);
    return typeof ended === 'string' ? ended : refused(guard, runContext, ended);
  } catch (thrown) {
    if (signal?.aborted === true) return refusalText('cancelled');
    return refused(guard, runContext, asCountersignError(thrown));
  }
}

function refused(guard: Guard, runContext: RunContextLike, error: CountersignError): string {
  tellDeveloper(guard, error, runContext);
  return refusalText(error);
}

/** Executes until there is an answer; an error is what kept it from being executed. */
async function run(client: Client, view: CallView, signal?: AbortSignal): Promise<string | CountersignError> {
  const { id, input_digest } = view;
  const until = performance.now() + patienceMs;
  /** Whether a request may have reached the gateway whose answer was lost. */
  let mayHaveRun = false;
  let failure: CountersignError | 'in_progress' = 'in_progress';
  for (let failures = 0; failures < tries && performance.now() < until; ) {
    try {
      const done = await client.executeCall(id, { input_digest }, { signal });
      if (done.outcome !== 'in_progress') return resultText(done);
      mayHaveRun = true;
    } catch (thrown) {
      failure = asCountersignError(thrown, 'unreachable');
      if (failure.code === 'result_expired') return refusalText(failure);
      if (!passing.has(failure.code)) break;
      mayHaveRun ||= failure.code !== 'rate_limited' && !neverSent(failure);
      failures++;
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    if (signal?.aborted === true) break;
  }
  // What was never claimed can still be kept from running; then it is sure that nothing did.
  const cancelled = await neverRuns(client, view);
  if (mayHaveRun && !cancelled) return outcomeUnknownText();
  if (signal?.aborted === true) return refusalText('cancelled');
  return failure === 'in_progress' ? refusalText(failure) : failure;
}

/** After these the same request is sent again; all but `rate_limited` leave open what became of the call. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'unreachable',
  'internal',
  'unavailable',
  'shutting_down',
  'in_progress',
  'rate_limited',
]);

/** Cancels a call. @returns whether it is sure that it was never claimed, and never will be. */
async function neverRuns(client: Client, { id }: CallView): Promise<boolean> {
  try {
    const { state } = await client.cancelCall(id, { signal: AbortSignal.timeout(cancelMs) });
    return isFinished(state) && isNotExecuted(state);
  } catch {
    return false;
  }
}
