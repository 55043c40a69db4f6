/** Ends calls that have not been claimed: their clock ran out, their agent or a stop cancelled them. */
import { type CallId, type CallState, CountersignError, type ErrorCode } from '@countersign/core';
import { type RawBuilder, sql } from 'kysely';
import { askedToCancel, askToCancel } from '../store/ask-to-cancel.ts';
import { moveCall } from '../store/move-call.ts';
import { moves } from './machine.ts';
import type { Room } from './room.ts';

export interface Endable {
  readonly id: CallId;
  readonly run: string;
  readonly run_id: string;
}

interface Ending {
  readonly move: { readonly from: readonly CallState[]; readonly to: CallState };
  readonly type: string;
  readonly actor: string;
  readonly code: ErrorCode;
  readonly and?: RawBuilder<unknown>;
}

async function end(room: Room, call: Endable, ending: Ending): Promise<boolean> {
  const { move, type, actor, code, and } = ending;
  const event = await room.ledger.event({
    type,
    actor,
    call: call.id,
    run: { id: call.run_id, name: call.run },
    data: { code },
  });
  room.runtime.reached('end.before');
  const moved = await moveCall(room.db, {
    call: call.id,
    ...move,
    code,
    set: sql`finished_at = clock_timestamp()`,
    ...(and === undefined ? {} : { and }),
    event,
  });
  room.runtime.reached('end.after');
  if (moved) {
    room.waiters.moved(call.id);
    room.ledger.wake();
  }
  return moved;
}

/** Expires a call whose clock has run out, by the store's clock. @returns whether it had. */
export function expireIfDue(room: Room, call: Endable): Promise<boolean> {
  return end(room, call, {
    move: moves.expire,
    type: 'call.expired',
    actor: 'gateway',
    code: 'expired',
    and: sql`((c.state = 'waiting' and c.vote_by <= clock_timestamp())
      or (c.state in ('allowed', 'approved') and c.start_by <= clock_timestamp()))`,
  });
}

/** Expires a call whatever its clock says: what stands in the store can't be trusted to be the latest. */
export function expireNow(room: Room, call: Endable): Promise<boolean> {
  return end(room, call, { move: moves.expire, type: 'call.expired', actor: 'gateway', code: 'expired' });
}

export function cancel(room: Room, call: Endable, actor: string, code: ErrorCode): Promise<boolean> {
  return end(room, call, { move: moves.cancel, type: 'call.cancelled', actor, code });
}

/** Has a call that runs ended at its target, whichever gateway runs it: here at once, elsewhere within a second or two. */
export async function endRunning(room: Room, call: Endable, actor: string): Promise<void> {
  const event = await room.ledger.event({
    type: 'call.cancel_asked',
    actor,
    call: call.id,
    run: { id: call.run_id, name: call.run },
  });
  if (await askToCancel(room.db, call.id, event)) room.ledger.wake();
  abort(room, call.id);
}

/** Ends what this gateway runs and was asked to end: by another gateway, or before it was known to run here. */
export async function endCancelled(room: Room): Promise<void> {
  if (room.running.calls().length === 0) return;
  for (const id of await askedToCancel(room.db, room.instance)) abort(room, id);
}

function abort(room: Room, id: CallId): void {
  room.running.abort(({ call }) => call === id, new CountersignError('cancelled'));
}
