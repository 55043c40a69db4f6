/** Two clocks, compared. Deadlines are judged by the store's; people and logs read their own. */
import { type Finding, fine, warning } from '@countersign/core';

/** Milliseconds by which two clocks may differ before somebody should know. */
const tolerableMs = 2000;

export interface ClockReading {
  /** What the other clock said. Milliseconds since the epoch. */
  readonly theirs: number;
  /** This machine's, just before it was asked and just after it answered. */
  readonly before: number;
  readonly after: number;
}

/**
 * Compares a clock with this machine's. How long the answer took is not held against it.
 *
 * @param whose Whose clock it is, as in `the store`.
 */
export function compareClocks(whose: string, { theirs, before, after }: ClockReading): Finding {
  const apart = theirs < before ? theirs - before : Math.max(0, theirs - after);
  if (Math.abs(apart) <= tolerableMs)
    return fine('clock', `the clocks of this machine and ${whose} agree to within two seconds`);
  const seconds = Math.round(Math.abs(apart) / 1000);
  return warning(
    'clock',
    `the clock of ${whose} is ${seconds} seconds ${apart > 0 ? 'ahead of' : 'behind'} this machine’s`,
    'Set both by the same time service: deadlines shown to people and times in logs are off by that much.',
  );
}
