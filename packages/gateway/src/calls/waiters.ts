/** Wakes those who wait for a call to move. Waiting holds no connection of the store. */
import type { CallId } from '@countersign/core';
import type { Runtime } from '../runtime/runtime.ts';

export interface Waiters {
  moved(call: CallId): void;
  /** Resolves when the call moves, after `ms`, or when the signal aborts. */
  wait(call: CallId, ms: number, signal: AbortSignal): Promise<void>;
}

export function createWaiters(runtime: Runtime): Waiters {
  const waiting = new Map<CallId, Set<() => void>>();
  return {
    moved: (call) => {
      const wakers = waiting.get(call);
      waiting.delete(call);
      for (const wake of wakers ?? []) wake();
    },
    wait: async (call, ms, signal) => {
      const done = new AbortController();
      const wake = () => done.abort();
      const wakers = waiting.get(call) ?? new Set();
      waiting.set(call, wakers.add(wake));
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
      await runtime.sleep(ms, done.signal);
      signal.removeEventListener('abort', wake);
      wakers.delete(wake);
      if (wakers.size === 0 && waiting.get(call) === wakers) waiting.delete(call);
    },
  };
}
