/** One signal for everything that may end an execution early: a stop or cancellation from outside, and the clock. */
import { CountersignError } from '@countersign/core';
import type { Runtime } from '../../runtime/runtime.ts';

export interface Deadline {
  /** Aborts with a {@link CountersignError} as its reason: `timed_out`, or what the outer signal's reason says. */
  readonly signal: AbortSignal;
  /** Ends the clock. To be called once, when the work is over. */
  clear(): void;
}

export function deadline(runtime: Runtime, ms: number, outer: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  const over = new AbortController();
  const onAbort = (event: Event) => {
    const reason: unknown = event.target instanceof AbortSignal ? event.target.reason : undefined;
    controller.abort(reasonOf(reason));
  };
  for (const signal of outer) {
    if (signal.aborted) controller.abort(reasonOf(signal.reason));
    else signal.addEventListener('abort', onAbort, { signal: over.signal });
  }
  void runtime.sleep(ms, over.signal).then(() => {
    if (!over.signal.aborted) controller.abort(new CountersignError('timed_out'));
  });
  return { signal: controller.signal, clear: () => over.abort() };
}

const reasonOf = (reason: unknown): CountersignError =>
  reason instanceof CountersignError ? reason : new CountersignError('cancelled');
