/** A call: one guarded operation on one connection, and the states it goes through. */
import { z } from 'zod';

/** What connections can speak. */
export const protocolNames = ['postgres', 'http', 'kubernetes'] as const;
/** What a connection speaks. */
export type ProtocolName = (typeof protocolNames)[number];

/**
 * ```
 * submitted ─▶ allowed ──▶ claimed ─▶ succeeded | failed | unknown
 *           ├▶ waiting ─▶ approved ─▶ claimed
 *           └▶ denied    └▶ rejected          waiting, allowed and approved also end in denied | expired | cancelled
 * ```
 */
export const callStates = [
  'submitted',
  'allowed',
  'waiting',
  'denied',
  'approved',
  'rejected',
  'expired',
  'cancelled',
  'claimed',
  'succeeded',
  'failed',
  'unknown',
] as const;
/** One of the states of a call. */
export type CallState = (typeof callStates)[number];
/** A call's state. */
export const callStateSchema = z.enum(callStates);

/** The outcomes of a call that was claimed. `unknown` is a real one, and is never retried by machine. */
export type Outcome = 'succeeded' | 'failed' | 'unknown';

/** What a failed execution left behind: nothing ran, it ran and was undone, or it may have acted outside the transaction. */
export const ranValues = ['no', 'rolled_back', 'maybe_outside'] as const;
/** One of the things that a failed execution leaves behind. */
export type Ran = (typeof ranValues)[number];

const finished: ReadonlySet<CallState> = new Set([
  'denied',
  'rejected',
  'expired',
  'cancelled',
  'succeeded',
  'failed',
  'unknown',
]);

/** Whether a call in this state will never move again. */
export function isFinished(state: CallState): boolean {
  return finished.has(state);
}

const neverClaimed: ReadonlySet<CallState> = new Set([
  'submitted',
  'allowed',
  'waiting',
  'denied',
  'approved',
  'rejected',
  'expired',
  'cancelled',
]);

/** Whether a call in this state was never claimed, so that nothing of it can have reached the target. */
export function isNotExecuted(state: CallState): boolean {
  return neverClaimed.has(state);
}
