/** What the ledger says happened to calls that people were asked about, and the stops. */
import { type CallId, type CallState, type Change, type ChangeType, callStates } from '@countersign/core';
import { type ApprovalRow, approvalsOfCalls } from '../store/approvals.ts';
import type { ChangeEvent } from '../store/read-changes.ts';
import type { Database } from '../store/store.ts';

/** A change, and the approval it is about; null for a stop. */
export interface Happened {
  readonly change: Change;
  readonly approval: ApprovalRow | null;
}

const typeOf: Readonly<Record<string, ChangeType>> = Object.freeze({
  'call.waiting': 'asked',
  'vote.cast': 'voted',
  'comment.made': 'commented',
  'approval.reminded': 'reminded',
  'call.approved': 'decided',
  'call.rejected': 'decided',
  'call.denied': 'decided',
  'call.expired': 'expired',
  'call.cancelled': 'cancelled',
  'call.succeeded': 'finished',
  'call.failed': 'finished',
  'call.unknown': 'finished',
  'stop.made': 'stopped',
  'stop.lifted': 'lifted',
});
/** The types of the events that say so. */
export const changeEvents: readonly string[] = Object.freeze(Object.keys(typeOf));

/** What these events of the ledger say. What was never asked about is left out. */
export async function readHappened(
  db: Database,
  events: readonly ChangeEvent[],
): Promise<readonly Happened[]> {
  const read = events.map(({ index, bytes }) => ({ index, ...(JSON.parse(bytes) as ReadEvent) }));
  const calls = new Set(read.flatMap(({ call }) => (call === null ? [] : [call])));
  const approvals = await approvalsOfCalls(db, [...calls]);
  const approvalOf = new Map(approvals.map((approval) => [approval.call_id, approval]));
  return read.flatMap(({ index, at, type, call, data }): readonly Happened[] => {
    const kind = typeOf[type];
    if (kind === undefined) return [];
    const shared = {
      index,
      at,
      type: kind,
      approval: null,
      call: null,
      run: null,
      state: null,
      stop: null,
    };
    if (call === null) {
      const stop = typeof data.stop === 'string' ? (data.stop as Change['stop']) : null;
      return [{ change: { ...shared, stop }, approval: null }];
    }
    const approval = approvalOf.get(call);
    // What was never asked about concerns nobody here: a call that was denied, or allowed and then expired.
    if (approval === undefined) return [];
    const { id, run_id: run, state } = approval;
    const change = { ...shared, approval: id, call, run: run as Change['run'], state: stateOf(state) };
    return [{ change, approval }];
  });
}

interface ReadEvent {
  readonly at: string;
  readonly type: string;
  readonly call: CallId | null;
  readonly data: Readonly<Record<string, unknown>>;
}

function stateOf(state: string): CallState | null {
  return callStates.find((known) => known === state) ?? null;
}
