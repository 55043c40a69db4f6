/**
 * Clock, timers, randomness and ids, handed in so that tests can bend them. The store's clock, not this one, decides whether
 * a deadline has passed.
 */
import { randomBytes } from 'node:crypto';
import { newId } from '@countersign/core';

/** Moments between two durable steps, in the order of a write's road: where a crash would leave something to recover. */
export const crashPoints = [
  'submit.before',
  'submit.after',
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
