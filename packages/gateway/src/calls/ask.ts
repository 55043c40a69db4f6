/** Turns a submitted call into a waiting one: the preview is taken, the approval made, and those who wait are told. */
import {
  type ApprovalDigest,
  approvalDigest,
  CountersignError,
  type ErrorCode,
  type Preview,
  type Principal,
  type Requirement,
  type SubmitRequest,
  visibleLine,
  visibleText,
} from '@countersign/core';
import { sql } from 'kysely';
import type { Preview as TargetPreview } from '../protocols/protocol.ts';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { type Drifts, driftsIn } from '../store/drifts.ts';
import type { NewCall } from '../store/insert-call.ts';
import { asksInLastHour, hasOpenOutcome } from '../store/memory.ts';
import { moveCall } from '../store/move-call.ts';
import { isStopped, notStopped } from '../store/stops.ts';
import { faultOf } from '../store/store-fault.ts';
import { differences } from './binding.ts';
import { changesSomething, decideOn, type Judged } from './judge.ts';
import { bindingOf, look } from './look.ts';
import { moves } from './machine.ts';
import { asJson } from './record.ts';
import type { Connected, Room } from './room.ts';
import { errorName } from './settle.ts';
import { withoutPaging } from './without-paging.ts';

export const previewName = 'preview';

/** Executions of a run that may be rolled back for their effect, before people are not asked again. */
const maxRounds = 2;

export interface AskParts {
  readonly call: NewCall;
  readonly connected: Connected;
  readonly principal: Principal;
  readonly request: SubmitRequest;
  readonly judged: Judged;
  readonly signal: AbortSignal;
}

/**
 * Looks at what the call would do, and decides by it where rules speak of rows. Never throws for what happens to the call:
 * whatever keeps it from being asked denies it, with a code.
 */
export async function ask(room: Room, parts: AskParts): Promise<void> {
  const { call } = parts;
  try {
    await lookAndAsk(room, parts);
  } catch (thrown) {
    const error = faultOf(thrown);
    if (error.code === 'internal')
      room.log.error({ err: faultForLog(error.cause), call: call.id }, 'asking failed');
    await deny(room, call, error.code, error.details.what ?? null);
  }
  room.waiters.moved(call.id);
  room.ledger.wake();
}

async function lookAndAsk(room: Room, parts: AskParts): Promise<void> {
  const { call, request } = parts;
  const drifts = await driftsIn(room.db, call.runId, call.effectKey);
  if (drifts.same > 0 && drifts.rounds >= maxRounds) throw new CountersignError('effect_unsteady');
  const shown = await look(room, parts);
  const judged =
    parts.judged.decision.needsRows === true
      ? await withoutPaging(room, await decideByRows(room, parts, shown), request, call)
      : parts.judged;
  const { verdict, requirement, detail, code } = judged.decision;
  if (judged !== parts.judged) room.matched.count(judged.decision.rules);
  if (verdict === 'deny') {
    const why = code !== 'allowed' && code !== 'needs_approval' ? code : 'internal';
    await deny(room, call, why, detail, judged.message);
    return;
  }
  if (verdict === 'allow') {
    if (!(await allow(room, call, judged))) await deny(room, call, 'stopped', null);
    return;
  }
  if (requirement === null || judged.analysis === null) throw new TypeError('an ask without a requirement');
  if (shown.effect?.digest === null && bindingOf(requirement) === 'exact')
    throw new CountersignError('cannot_bind', { what: shown.effect.unbound.join('; ') });
  const preview = await previewOf(room, parts, shown, requirement, drifts);
  const digest = approvalDigest({
    input: call.inputDigest,
    effects: judged.analysis.effects,
    preview,
    requirement,
  });
  room.runtime.reached('ask.before');
  const asked = await moveToWaiting(room, call, requirement, preview, digest);
  room.runtime.reached('ask.after');
  if (!asked) await deny(room, call, await whyNot(room, call), null);
}

/** Decides again, now that the rows are counted, or can't be. */
async function decideByRows(
  room: Room,
  { call, connected, principal, judged: { analysis, parsed } }: AskParts,
  shown: TargetPreview,
): Promise<Judged> {
  if (analysis === null || parsed === null) throw new TypeError('a decision without an analysis');
  const earlierOutcomeOpen =
    changesSomething(analysis) && (await hasOpenOutcome(room.db, call.inputKey, call.id));
  const rows = shown.impact.count;
  return decideOn(room, { principal, connected, analysis, parsed, earlierOutcomeOpen, rows });
}

async function previewOf(
  room: Room,
  { call, principal, request, judged: { analysis } }: AskParts,
  shown: TargetPreview,
  requirement: Requirement,
  drifts: Drifts,
): Promise<Preview> {
  const notes = [...shown.notes, ...boundInWords(shown, requirement)];
  if (drifts.same > 0) notes.push(...(await driftInWords(room, shown, drifts)));
  if (await hasOpenOutcome(room.db, call.inputKey, call.id)) {
    notes.push(
      'An identical earlier call may have taken effect already: its outcome is unknown, or was never fetched.',
    );
  }
  return {
    version: 1,
    connection: call.connection,
    protocol: call.protocol,
    input: shown.input.map(({ label, text }) => ({ label, text })),
    effects: [...(analysis?.effects ?? [])],
    words: shown.words.map(visibleLine),
    impact: shown.impact,
    ...(shown.effect === undefined ? {} : { effect: shown.effect }),
    ...(shown.sample === undefined ? {} : { sample: [...shown.sample] }),
    ...(shown.triggers === undefined ? {} : { triggers: shown.triggers.map(visibleLine) }),
    ...(shown.locks === undefined ? {} : { locks: shown.locks.map(visibleLine) }),
    principal: principal.id,
    owner: principal.owner,
    onBehalfOf: principal.onBehalfOf,
    run: call.run,
    purpose: request.purpose === undefined ? null : visibleText(request.purpose),
    notes: notes.map(visibleLine),
  };
}

/** What is committed, if it is approved; nothing is said where nothing was tried. */
function boundInWords({ effect }: TargetPreview, requirement: Requirement): readonly string[] {
  if (effect === undefined) return [];
  if (bindingOf(requirement) === 'exact')
    return ['Bound to this approval: exactly the change that is shown. No other one is made to last.'];
  const { tolerance = 0 } = requirement;
  const within = tolerance > 0 ? `, ${tolerance} more or fewer` : '';
  return [
    `Bound to this approval: the numbers that are shown${within}; not which ones, and not their values. No other change is made to last.`,
  ];
}

/** What is another than when it was approved before, and rolled back. */
async function driftInWords(
  room: Room,
  { effect }: TargetPreview,
  { preview }: Drifts,
): Promise<readonly string[]> {
  const head = 'Approved before in this run, and not made to last: its effect had become another.';
  const opened = preview === null ? null : await room.ledger.open(preview, previewName);
  const before = (JSON.parse(opened?.content ?? 'null') as Preview | null)?.effect;
  if (before === undefined || effect === undefined) return [head];
  return [head, ...differences(before, effect)];
}

/** A call of so many rows that nobody has to be asked. False where a stop came first. */
async function allow(room: Room, call: NewCall, { decision }: Judged): Promise<boolean> {
  const event = await room.ledger.event({
    type: 'call.allowed',
    actor: 'gateway',
    call: call.id,
    run: { id: call.runId, name: call.run },
    data: { connection: call.connection, policy: room.current().policy.version },
  });
  return moveCall(room.db, {
    call: call.id,
    ...moves.allow,
    code: 'allowed',
    set: sql`start_by = clock_timestamp() + ${decision.startWithinMs}::float8 * interval '1 millisecond'`,
    and: notStopped,
    event,
  });
}

/** Milliseconds from the question to the reminder: where nobody says, once a quarter of the time is left. */
function remindAfterMs({ voteWithinMs, remindMs = Number.POSITIVE_INFINITY }: Requirement): number {
  return remindMs < voteWithinMs ? voteWithinMs - remindMs : voteWithinMs * 0.75;
}

async function moveToWaiting(
  room: Room,
  call: NewCall,
  requirement: Requirement,
  preview: Preview,
  digest: ApprovalDigest,
): Promise<boolean> {
  const { limits } = room.current().policy;
  const groups = JSON.stringify([...new Set(requirement.asks.flatMap((one) => one.approvers))]);
  const approval = room.runtime.newId('apr');
  const event = await room.ledger.event({
    type: 'call.waiting',
    actor: 'gateway',
    call: call.id,
    run: { id: call.runId, name: call.run },
    data: { approval, approvalDigest: digest, requirement: asJson(requirement) },
    contents: { [previewName]: JSON.stringify(preview) },
  });
  return moveCall(room.db, {
    call: call.id,
    ...moves.ask,
    code: 'needs_approval',
    set: sql`vote_by = clock_timestamp() + ${requirement.voteWithinMs}::float8 * interval '1 millisecond',
      remind_at = clock_timestamp() + ${remindAfterMs(requirement)}::float8 * interval '1 millisecond',
      asked_at = clock_timestamp(), asked_groups = ${groups}::text::jsonb`,
    and: sql`${notStopped}
      and (select count(*) from calls w where w.state = 'waiting' and w.principal = c.principal) < ${limits.waitingPerPrincipal}
      and (select count(*) from calls w where w.principal = c.principal and w.asked_at > clock_timestamp() - interval '1 hour') < ${limits.asksPerHour}
      and not exists (
        select 1 from jsonb_array_elements_text(${groups}::text::jsonb) as g (name)
        where (select count(*) from calls w where w.state = 'waiting' and w.asked_groups @> jsonb_build_array(g.name)) >= ${limits.waitingPerGroup})`,
    also: sql`approval as (
      insert into approvals (id, call_id, digest, requirement, preview_event)
      select ${approval}::text, id, ${digest}::text, ${JSON.stringify(requirement)}::text::jsonb, ${event.id}::text from moved)`,
    event,
  });
}

/** Which of the guards kept a call from waiting. */
async function whyNot(room: Room, call: NewCall): Promise<ErrorCode> {
  if (await isStopped(room.db, call.principal, call.connection)) return 'stopped';
  const asks = await asksInLastHour(room.db, call.principal);
  return asks >= room.current().policy.limits.asksPerHour ? 'too_many_asks' : 'too_many_waiting';
}

/** Denies a call on its way, where it still is on its way. `message` is for the model, over and above the code. */
export async function deny(
  room: Room,
  call: Pick<NewCall, 'id' | 'run' | 'runId'>,
  code: ErrorCode,
  detail: string | null,
  message: string | null = null,
): Promise<boolean> {
  const contents = {
    ...(detail === null ? {} : { detail }),
    ...(message === null ? {} : { [errorName]: message }),
  };
  const event = await room.ledger.event({
    type: 'call.denied',
    actor: 'gateway',
    call: call.id,
    run: { id: call.runId, name: call.run },
    data: { code },
    ...(Object.keys(contents).length === 0 ? {} : { contents }),
  });
  const moved = await moveCall(room.db, {
    call: call.id,
    ...moves.deny,
    code,
    set: sql`finished_at = clock_timestamp(), result_event = ${message === null ? null : event.id}::text`,
    event,
  });
  if (moved) room.waiters.moved(call.id);
  room.ledger.wake();
  return moved;
}
