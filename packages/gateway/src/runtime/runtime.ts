/**
 * Clock, timers, randomness and ids, handed in so that tests can bend them. The store's clock, not this one, decides whether
 * a deadline has passed.
 */
import { randomBytes } from 'node:crypto';
import { newId } from '@countersign/core';

/** Moments before and after every durable step, and before and after what goes to a target: where a crash would tell. */
export const crashPoints = [
  // A call, in the order of a write's road.
  'submit.before',
  'submit.after',
  'preview.before',
  'preview.after',
  'ask.before',
  'ask.after',
  'vote.before',
  'vote.after',
  'claim.before',
  'claim.after',
  'begin.before',
  'started.before',
  'started.after',
  'commit.before',
  'commit.after',
  'settle.before',
  'settle.after',
  'fetched.before',
  'fetched.after',
  // The ledger: within the transaction that gives indexes, after it, and after its head was kept outside the store.
  'sequence.before',
  'sequence.after',
  'head.after',
  // At the target of a read.
  'read.before',
  'read.after',
  // What ends a call that was not claimed: its agent, a clock, a stop.
  'end.before',
  'end.after',
  'stop.before',
  'stop.after',
  // A claim that was left behind, taken over and not yet settled.
  'recover.fenced',
  // Parked runs.
  'park.before',
  'park.after',
  'unpark.before',
  'unpark.after',
  'renew.before',
  'renew.after',
  'release.before',
  'release.after',
  'finish.before',
  'finish.after',
] as const;
/** A moment at which a test may end the process. */
export type CrashPoint = (typeof crashPoints)[number];

/** Clock, timers, randomness and ids. */
export interface Runtime {
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(size: number): Buffer;
  /** Makes the ids of everything that gets one. Unguessable: some of them are all that leads to a thing. */
  newId: typeof newId;
  /** Says that a moment was reached. Does nothing; a test ends the process there. */
  reached(point: CrashPoint): void;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. Whoever may end before it does passes a signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `ring` after `ms`, unless the function that it returns is called before. Cheaper than a sleep. */
  timer(ms: number, ring: () => void): () => void;
}

/** The machine's own clock, timers and randomness. */
export const systemRuntime: Runtime = Object.freeze({
  now: () => Date.now(),
  randomBytes: (size: number) => randomBytes(size),
  newId,
  reached: () => undefined,
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
  timer: (ms: number, ring: () => void) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
});
