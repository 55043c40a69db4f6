/** Asking again where an answer got lost, for requests that do nothing twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError, type ErrorCode } from '@countersign/core';

const tries = 5;
const pauseMs = 500;

const passing: ReadonlySet<ErrorCode> = new Set([
  'unreachable',
  'internal',
  'unavailable',
  'shutting_down',
  'rate_limited',
]);

/** @param ask Gets whether it was asked before, so that an earlier one may have done it. */
export async function persist<Answer>(
  ask: (again: boolean) => Promise<Answer>,
  signal?: AbortSignal,
): Promise<Answer> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask(tried > 1);
    } catch (error) {
      if (tried === tries || !(error instanceof CountersignError) || !passing.has(error.code)) throw error;
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    signal?.throwIfAborted();
  }
}
