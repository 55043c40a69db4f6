/**
 * Says in the log that a connection's target is away, once, and once that it is back: every call on it is denied
 * meanwhile, and a line for each would say nothing more. A connection that a reload replaced is another one.
 */
import { CountersignError } from '@countersign/core';
import type { Connected, Log } from './room.ts';

const away = new WeakSet<Connected>();

/** @param outcome What reaching the target ended with; anything but `target_unavailable` and `reached` says nothing. */
export function tellReach(log: Pick<Log, 'warn'>, connected: Connected, outcome: unknown): void {
  const { name: connection } = connected.config;
  if (outcome === 'reached') {
    if (away.delete(connected)) log.warn({ connection }, 'the target of a connection is back');
    return;
  }
  const error = outcome instanceof CountersignError ? outcome : null;
  if ((error?.code ?? outcome) !== 'target_unavailable' || away.has(connected)) return;
  away.add(connected);
  // Codes alone: what else a fault says may quote an address.
  const why = error?.details.what ?? '';
  log.warn(
    { connection, code: 'target_unavailable', ...(/^[A-Z0-9_]{1,60}$/.test(why) ? { why } : {}) },
    'the target of a connection can’t be reached; calls on it are denied until it is back',
  );
}
