/** Records the outcome of a claimed call, by its owner and in its epoch only. */
import { type EventId, isFinished, type Result } from '@countersign/core';
import { sql } from 'kysely';
import type { Execution } from '../protocols/protocol.ts';
import { appendEvent } from '../store/append-event.ts';
import type { CallRow } from '../store/call-row.ts';
import { type Claim, isOurs } from '../store/claim-call.ts';
import { findCall } from '../store/find-call.ts';
import { moveCall } from '../store/move-call.ts';
import type { Endable } from './end.ts';
import { moves } from './machine.ts';
import type { Room } from './room.ts';

/** Milliseconds the masked result of a call is kept: a day. */
export const resultKeptMs = 24 * 60 * 60_000;

export const resultName = 'result';
export const errorName = 'error';

export type SettledColumns = Pick<CallRow, 'state' | 'code' | 'ran' | 'result_event'>;

const settling = { succeeded: moves.succeed, failed: moves.fail, unknown: moves.lose } as const;

/** What is settled: an execution, or what recovery found out. */
export type Settled =
  | Exclude<Execution, { outcome: 'succeeded' }>
  | { readonly outcome: 'succeeded'; readonly result: Result | null };

/**
 * Moves the call to its outcome; the result is durable before anyone gets it.
 *
 * @returns what of the row has changed; null when the claim is no longer ours: the outcome is then kept as an event, and
 * changes nothing.
 */
export async function settle(
  room: Room,
  call: Endable,
  claim: Claim,
  execution: Settled,
  actor = 'gateway',
): Promise<SettledColumns | null> {
  const { outcome } = execution;
  const code = outcome === 'succeeded' ? 'succeeded' : execution.code;
  const ran = outcome === 'failed' ? execution.ran : null;
  const event = await outcomeEvent(
    room,
    call,
    execution,
    `call.${outcome}`,
    { epoch: claim.epoch, code, ran },
    actor,
  );
  room.runtime.reached('settle.before');
  const moved = await moveCall(room.db, {
    call: call.id,
    ...settling[outcome],
    code,
    set: sql`finished_at = clock_timestamp(), ran = ${ran}::text, result_event = ${event.id}::text`,
    and: isOurs(claim),
    event,
  });
  room.runtime.reached('settle.after');
  if (!moved && !(await wasSettledBefore(room, claim))) {
    const late = await outcomeEvent(
      room,
      call,
      execution,
      'call.late_outcome',
      { epoch: claim.epoch, outcome, code, ran },
      actor,
    );
    await appendEvent(room.db, late);
  }
  room.waiters.moved(call.id);
  room.ledger.wake();
  return moved ? { state: outcome, code: code as CallRow['code'], ran, result_event: event.id } : null;
}

/** Whether this very claim has its outcome already: an earlier try of ours that the store took without saying so. */
async function wasSettledBefore(room: Room, claim: Claim): Promise<boolean> {
  const row = await findCall(room.db, claim.call);
  return (
    row !== null &&
    isFinished(row.state) &&
    row.epoch === claim.epoch &&
    row.owner_instance === claim.instance
  );
}

function outcomeEvent(
  room: Room,
  call: Endable,
  execution: Settled,
  type: string,
  data: Readonly<Record<string, string | number | null>>,
  actor: string,
) {
  const contents: Record<string, string> = {};
  if (execution.outcome === 'succeeded') {
    if (execution.result !== null) contents[resultName] = JSON.stringify(execution.result);
  } else if (execution.message !== null) contents[errorName] = execution.message;
  return room.ledger.event({
    type,
    actor,
    call: call.id,
    run: { id: call.run_id, name: call.run },
    data,
    contents,
    keepMs: resultKeptMs,
  });
}

/** The stored masked result of a call; null once it is no longer kept. */
export async function storedResult(room: Room, event: EventId | null): Promise<Result | null> {
  const opened = event === null ? null : await room.ledger.open(event, resultName);
  return opened === null ? null : (JSON.parse(opened.content) as Result);
}

export async function storedError(room: Room, event: EventId | null): Promise<string | null> {
  return event === null ? null : ((await room.ledger.open(event, errorName))?.content ?? null);
}
