/** The executions under way in this process: what a stop, a cancellation or a shutdown ends. */
import type { CallId, CountersignError } from '@countersign/core';

export interface RunningCall {
  readonly call: CallId;
  readonly principal: string;
  readonly connection: string;
}

export interface Running {
  /** Registers an execution for as long as `work` takes. */
  during<T>(call: RunningCall, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Aborts those that match. @returns how many. */
  abort(matches: (call: RunningCall) => boolean, reason: CountersignError): number;
  calls(): readonly RunningCall[];
  /** Keeps a call that is no longer at its target, but whose outcome is still to be found out or recorded. @returns what lets go of it. */
  keep(call: CallId): () => void;
  /** The calls whose claims this gateway still works on: those that run, and those it keeps. */
  held(): readonly CallId[];
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export function createRunning(): Running {
  const running = new Map<
    RunningCall,
    { readonly controller: AbortController; readonly done: Promise<unknown> }
  >();
  const kept = new Set<CallId>();
  return {
    during: (call, work) => {
      const controller = new AbortController();
      const result = work(controller.signal);
      const done = result.then(
        () => running.delete(call),
        () => running.delete(call),
      );
      running.set(call, { controller, done });
      return result;
    },
    abort: (matches, reason) => {
      const found = [...running].filter(([call]) => matches(call));
      for (const [, { controller }] of found) controller.abort(reason);
      return found.length;
    },
    calls: () => [...running.keys()],
    keep: (call) => {
      kept.add(call);
      return () => kept.delete(call);
    },
    held: () => [...[...running.keys()].map(({ call }) => call), ...kept],
    idle: async () => {
      while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
