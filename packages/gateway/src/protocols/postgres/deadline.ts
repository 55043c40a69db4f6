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
  const stops = outer.map((signal) => {
    const stop = () => controller.abort(reasonOf(signal.reason));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return () => signal.removeEventListener('abort', stop);
  });
  const timer = runtime.timer(ms, () => controller.abort(new CountersignError('timed_out')));
  return {
    signal: controller.signal,
    clear: () => {
      timer();
      for (const stop of stops) stop();
    },
  };
}

const reasonOf = (reason: unknown): CountersignError =>
  reason instanceof CountersignError ? reason : new CountersignError('cancelled');
