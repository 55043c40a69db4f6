/**
 * The machine of a call. Only a call has a state; an approval has none of its own.
 *
 * ```
 * submitted ─▶ allowed ──▶ claimed ─▶ succeeded | failed | unknown
 *           ├▶ waiting ─▶ approved ─▶ claimed
 *           └▶ denied    └▶ rejected
 *
 * waiting, allowed and approved also end in denied | expired | cancelled; submitted in denied | cancelled
 * ```
 *
 * | move | who | guard, in the statement that moves, by the store's clock |
 * | --- | --- | --- |
 * | allow | submit, once its rows were counted | no stop |
 * | ask | submit | caps on waiting, no stop |
 * | deny | submit, the claim, recovery | |
 * | approve | the deciding vote | `vote_by` not passed; requirement met, under the lock of the row |
 * | reject | one vote | `vote_by` not passed |
 * | expire | the sweep, any look | the clock that ran out |
 * | cancel | the agent, a stop | |
 * | claim | execute | `start_by` not passed, no stop |
 * | settle | the claim's owner | same owner, same epoch |
 *
 * A call that is allowed or denied at once is inserted in that state; its first event says so. One whose rows have to be
 * counted first is submitted until they were.
 */
import type { CallState } from '@countersign/core';

interface MoveOf {
  readonly from: readonly CallState[];
  readonly to: CallState;
}

const move = <const M extends MoveOf>(definition: M): M => Object.freeze(definition);

export const moves = Object.freeze({
  allow: move({ from: ['submitted'], to: 'allowed' }),
  ask: move({ from: ['submitted'], to: 'waiting' }),
  deny: move({ from: ['submitted', 'waiting', 'allowed', 'approved'], to: 'denied' }),
  approve: move({ from: ['waiting'], to: 'approved' }),
  reject: move({ from: ['waiting'], to: 'rejected' }),
  expire: move({ from: ['waiting', 'allowed', 'approved'], to: 'expired' }),
  cancel: move({ from: ['submitted', 'waiting', 'allowed', 'approved'], to: 'cancelled' }),
  claim: move({ from: ['allowed', 'approved'], to: 'claimed' }),
  succeed: move({ from: ['claimed'], to: 'succeeded' }),
  fail: move({ from: ['claimed'], to: 'failed' }),
  lose: move({ from: ['claimed'], to: 'unknown' }),
});
