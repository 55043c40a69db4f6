/** Calls and approvals as their readers may see them. */
import {
  assertNever,
  type CallView,
  type ExecuteView,
  errorTable,
  failedText,
  notExecutedText,
  outcomeUnknownText,
} from '@countersign/core';
import type { Execution } from '../protocols/protocol.ts';
import { castVotes } from '../store/approvals.ts';
import type { CallRow } from '../store/call-row.ts';
import type { Executed } from './execute.ts';
import { readRecord } from './record.ts';
import type { Room } from './room.ts';
import { storedError, storedResult } from './settle.ts';
import { errorCodeOf } from './submit.ts';
import { reasonName } from './vote.ts';

/** The agent's view: decision, code and reason, but neither effects nor rules. */
export async function callView(
  room: Room,
  row: CallRow,
  execution: Execution | null = null,
): Promise<CallView> {
  const { code, reason, retry } = await words(room, row, execution);
  return {
    id: row.id,
    state: row.state,
    connection: row.connection,
    run: row.run,
    input_digest: row.input_digest,
    decision: decisionOf(row),
    code,
    reason,
    retry,
    created_at: row.created_at.toISOString(),
    approval: row.approval_id,
    vote_by: row.state === 'waiting' ? iso(row.vote_by) : null,
    start_by: row.state === 'allowed' || row.state === 'approved' ? iso(row.start_by) : null,
  };
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

function decisionOf(row: CallRow): CallView['decision'] {
  if (row.state === 'denied') return 'deny';
  return row.approval_id !== null || row.state === 'submitted' ? 'ask' : 'allow';
}

interface Words {
  readonly code: string;
  readonly reason: string;
  readonly retry: CallView['retry'];
}

async function words(room: Room, row: CallRow, execution: Execution | null): Promise<Words> {
  switch (row.state) {
    case 'submitted':
      return { code: 'needs_approval', reason: 'The call is being judged.', retry: null };
    case 'waiting':
      return {
        code: 'needs_approval',
        reason: 'A person has to approve this; they have been asked.',
        retry: null,
      };
    case 'allowed':
      return { code: 'allowed', reason: 'Policy allows this.', retry: null };
    case 'approved':
      return { code: 'approved', reason: 'A person approved this.', retry: null };
    case 'claimed':
      return { code: 'in_progress', reason: errorTable.in_progress.model, retry: 'later' };
    case 'succeeded':
      return { code: 'succeeded', reason: 'It was executed.', retry: null };
    case 'denied':
    case 'rejected':
    case 'expired':
    case 'cancelled': {
      const code = errorCodeOf(row);
      return {
        code,
        reason: notExecutedText(code, await whyInWords(room, row)),
        retry: errorTable[code].retry,
      };
    }
    case 'failed':
    case 'unknown': {
      const code = errorCodeOf(row);
      const message =
        execution !== null && execution.outcome !== 'succeeded'
          ? execution.message
          : await storedError(room, row.result_event);
      const reason =
        row.state === 'unknown'
          ? outcomeUnknownText()
          : failedText(code, row.ran ?? 'maybe_outside', message);
      return { code, reason, retry: errorTable[code].retry };
    }
    default:
      return assertNever(row.state);
  }
}

/** The policy's words with a denial, or the rejecting person's reason. */
async function whyInWords(room: Room, row: CallRow): Promise<string | null> {
  if (row.state === 'denied') {
    const record = await readRecord(room, row.record_event);
    // A call that was denied later than it was judged is denied for the later reason.
    return record.verdict === 'deny' ? record.message : storedError(room, row.result_event);
  }
  if (row.state !== 'rejected' || row.approval_id === null) return null;
  const votes = await castVotes(room.db, row.approval_id);
  const rejection = votes.find(({ vote }) => vote === 'reject');
  const reason =
    rejection === undefined
      ? null
      : ((await room.ledger.open(rejection.reason_event, reasonName))?.content ?? null);
  return reason === null ? null : `They say: ${reason}`;
}

/** What `execute` answers: the outcome, with the masked result of a call that succeeded. */
export async function executeView(room: Room, { row, execution }: Executed): Promise<ExecuteView> {
  const call = await callView(room, row, execution);
  const error = (code: string, message: string) => ({ code, message, ran: row.ran });
  switch (row.state) {
    case 'succeeded': {
      const result =
        execution?.outcome === 'succeeded' ? execution.result : await storedResult(room, row.result_event);
      return {
        call,
        outcome: 'succeeded',
        result,
        error: result === null ? error('result_expired', errorTable.result_expired.model) : null,
      };
    }
    case 'failed':
    case 'unknown':
      return { call, outcome: row.state, result: null, error: error(call.code, call.reason) };
    case 'claimed':
      return { call, outcome: 'in_progress', result: null, error: null };
    case 'submitted':
    case 'waiting':
    case 'allowed':
    case 'approved':
    case 'denied':
    case 'rejected':
    case 'expired':
    case 'cancelled':
      return { call, outcome: 'not_executed', result: null, error: error(call.code, call.reason) };
    default:
      return assertNever(row.state);
  }
}
