/** The second decision, at the claim: under the policy, the schema and the votes of that moment. It can tighten, never loosen. */
import {
  CountersignError,
  type Effect,
  type ErrorCode,
  type Preview,
  type Principal,
} from '@countersign/core';
import { requirementMet } from '@countersign/policy';
import type { EffectCheck } from '../protocols/protocol.ts';
import { castVotes, findApproval } from '../store/approvals.ts';
import type { CallRow } from '../store/call-row.ts';
import { hasOpenOutcome } from '../store/memory.ts';
import { previewName } from './ask.ts';
import { effectCheck } from './effect-check.ts';
import { changesSomething, type DecideOptions, decideOn, type Judged, judge } from './judge.ts';
import { bindingOf, look } from './look.ts';
import { type CallRecord, readRecord } from './record.ts';
import { type Connected, connectionOf, type Room } from './room.ts';
import { putBack } from './tokens.ts';
import { countedHumans } from './vote.ts';

/** It may be claimed. */
export interface MayRun {
  readonly code: null;
  readonly judged: Judged;
  /** What it asks before it commits; undefined where nothing is bound. */
  readonly effect: EffectCheck | undefined;
}
export type Again = MayRun | { readonly code: ErrorCode; readonly detail: string };

/** Decides, and decides once more for as long as the policy is replaced meanwhile: what is claimed was decided under it. */
export async function decideUnderOnePolicy(
  room: Room,
  principal: Principal,
  row: CallRow,
  signal: AbortSignal,
): Promise<{ readonly connected: Connected; readonly again: Again }> {
  for (;;) {
    const under = room.current();
    const connected = connectionOf(room, row.connection);
    const again = await decideAgain(room, principal, row, connected, signal);
    if (room.current() === under) return { connected, again };
    signal.throwIfAborted();
  }
}

/** Denials that say what they are, though the call was decided before. */
const keeps: readonly string[] = [
  'stopped',
  'earlier_outcome_open',
  'target_unavailable',
  'unavailable',
  'internal',
  'not_supported',
  'unknown_object',
  'parse_failed',
  'timed_out',
];

async function decideAgain(
  room: Room,
  principal: Principal,
  row: CallRow,
  connected: Connected,
  signal: AbortSignal,
): Promise<Again> {
  const record = await readRecord(room, row.record_event);
  const shown = await shownFor(room, row);
  const first = await judge(room, {
    principal,
    connected,
    input: record.input,
    earlierOutcomeOpen: () => hasOpenOutcome(room.db, row.input_key, row.id),
    putBack: (analysis, parsed) =>
      putBack(room, { principal, connected, input: record.input, run: row.run, signal }, analysis, parsed),
    signal,
  });
  const question = await questionOf(room, principal, row, connected, first);
  const rows = async () =>
    shown === null ? countNow(room, row, connected, first, signal) : shown.impact.count;
  const judged = question === null ? first : decideOn(room, { ...question, rows: await rows() });
  const { decision } = judged;
  if (decision.verdict === 'deny') {
    const { code, detail } = decision;
    const kept =
      code !== 'allowed' && code !== 'needs_approval' && keeps.includes(code) ? code : 'policy_tightened';
    return { code: kept, detail: `${code}: ${detail}` };
  }
  const effects = judged.analysis?.effects ?? [];
  if (row.state === 'approved' && !areInside(effects, record))
    return { code: 'ask_again', detail: 'the effects are no longer those that were shown' };
  const { requirement } = decision;
  if (shown?.effect?.digest === null && requirement !== null && bindingOf(requirement) === 'exact')
    return { code: 'ask_again', detail: 'the values were not bound, and policy wants them to be' };
  if (decision.verdict === 'ask' && !(await consentHolds(room, row, judged)))
    return { code: 'ask_again', detail: decision.detail };
  const effect = effectCheck(room, {
    runId: row.run_id,
    shown,
    approved: row.requirement,
    required: requirement,
    question,
    consentHolds: (measured) => consentHolds(room, row, measured),
  });
  return { code: null, judged, effect };
}

/** What those who approved it were shown; null where nobody was asked. */
async function shownFor(room: Room, row: CallRow): Promise<Preview | null> {
  if (row.state !== 'approved' || row.preview_event === null) return null;
  const opened = await room.ledger.open(row.preview_event, previewName);
  if (opened === null)
    throw new CountersignError('not_found', { what: 'the preview of this call was erased' });
  return JSON.parse(opened.content) as Preview;
}

/** What is decided once the rows are known; null where they make no difference. */
async function questionOf(
  room: Room,
  principal: Principal,
  row: CallRow,
  connected: Connected,
  { analysis, parsed, decision }: Judged,
): Promise<Omit<DecideOptions, 'rows'> | null> {
  if (decision.needsRows !== true || analysis === null || parsed === null) return null;
  const earlierOutcomeOpen =
    changesSomething(analysis) && (await hasOpenOutcome(room.db, row.input_key, row.id));
  return { principal, connected, analysis, parsed, earlierOutcomeOpen };
}

/** Of a call that nobody was asked about. */
async function countNow(
  room: Room,
  row: CallRow,
  connected: Connected,
  judged: Judged,
  signal: AbortSignal,
): Promise<number | null> {
  const { id, principal, connection, run, run_id: runId } = row;
  const call = { id, principal, connection, run, runId };
  return (await look(room, { call, connected, judged, signal })).impact.count;
}

/** Whether the votes of today meet what is required today. An allowed call has none. */
async function consentHolds(room: Room, row: CallRow, judged: Judged): Promise<boolean> {
  const { requirement } = judged.decision;
  if (row.state !== 'approved' || row.approval_id === null || requirement === null) return false;
  const approval = await findApproval(room.db, row.approval_id);
  if (approval === null) return false;
  const votes = await castVotes(room.db, approval.id);
  return requirementMet(requirement, countedHumans(room, { ...approval, requirement }, votes));
}

/** Whether every effect is one that was shown, and of no more columns; without columns an effect is of any. */
function areInside(effects: readonly Effect[], shown: CallRecord): boolean {
  const key = ({ action, resource, via = '' }: Effect) => JSON.stringify([action, resource, via]);
  const seen = new Map(shown.effects.map((effect) => [key(effect), effect.columns]));
  return effects.every((effect) => {
    if (!seen.has(key(effect))) return false;
    const columns = seen.get(key(effect));
    return columns === undefined || effect.columns?.every((column) => columns.includes(column)) === true;
  });
}
