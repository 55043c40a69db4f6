/**
 * Clock, timers and randomness, handed in so that tests can bend them. The store's clock, not this one, decides whether
 * a deadline has passed.
 */
import { randomBytes } from 'node:crypto';

export interface Runtime {
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(size: number): Buffer;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. Whoever may end before it does passes a signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemRuntime: Runtime = Object.freeze({
  now: () => Date.now(),
  randomBytes: (size: number) => randomBytes(size),
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
});
