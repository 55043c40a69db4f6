/** Turns a submitted call into a waiting one: the preview is taken, the approval made, and those who wait are told. */
import {
  type ApprovalDigest,
  approvalDigest,
  asCountersignError,
  type ErrorCode,
  type Preview,
  type Principal,
  type Requirement,
  type SubmitRequest,
  visibleText,
} from '@countersign/core';
import { sql } from 'kysely';
import type { Preview as TargetPreview } from '../protocols/protocol.ts';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { appendEvent } from '../store/append-event.ts';
import type { NewCall } from '../store/insert-call.ts';
import { asksInLastHour, hasOpenOutcome } from '../store/memory.ts';
import { moveCall } from '../store/move-call.ts';
import { isStopped, notStopped } from '../store/stops.ts';
import { faultOf } from '../store/store-fault.ts';
import type { Judged } from './judge.ts';
import { moves } from './machine.ts';
import { asJson } from './record.ts';
import type { Connected, Room } from './room.ts';

export const previewName = 'preview';

export interface AskParts {
  readonly call: NewCall;
  readonly connected: Connected;
  readonly principal: Principal;
  readonly request: SubmitRequest;
  readonly judged: Judged;
  readonly signal: AbortSignal;
}

/** Never throws for what happens to the call: whatever keeps it from being asked denies it, with a code. */
export async function ask(room: Room, parts: AskParts): Promise<void> {
  const { call, judged } = parts;
  const { requirement } = judged.decision;
  try {
    if (requirement === null || judged.analysis === null || judged.parsed === null)
      throw new TypeError('an ask without a requirement');
    const preview = await takePreview(room, parts);
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
  } catch (thrown) {
    const error = faultOf(thrown);
    if (error.code === 'internal')
      room.log.error({ err: faultForLog(error.cause), call: call.id }, 'asking failed');
    await deny(room, call, error.code, null);
  }
  room.waiters.moved(call.id);
  room.ledger.wake();
}

async function takePreview(room: Room, parts: AskParts): Promise<Preview> {
  const { call, connected, principal, request, judged, signal } = parts;
  const { analysis, parsed } = judged;
  if (analysis === null || parsed === null) throw new TypeError('a preview without an analysis');
  const { target } = connected;
  // EXPLAIN and trials are executions: intent and outcome stand in the ledger.
  const reaches = target.previewReachesTarget(parsed, analysis);
  const tell = async (type: string, data: Record<string, string>) => {
    if (reaches)
      await appendEvent(
        room.db,
        await room.ledger.event({
          type,
          actor: 'gateway',
          call: call.id,
          run: { id: call.runId, name: call.run },
          data,
        }),
      );
  };
  await tell('preview.started', {});
  let shown: TargetPreview;
  room.runtime.reached('preview.before');
  try {
    shown = await target.preview(parsed, analysis, signal);
  } catch (thrown) {
    await tell('preview.finished', { outcome: 'rolled_back', code: asCountersignError(thrown).code });
    throw thrown;
  }
  room.runtime.reached('preview.after');
  await tell('preview.finished', { outcome: 'rolled_back' });
  const notes = [...shown.notes];
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
    effects: [...analysis.effects],
    words: [...shown.words],
    impact: shown.impact,
    principal: principal.id,
    owner: principal.owner,
    onBehalfOf: principal.onBehalfOf,
    run: call.run,
    purpose: request.purpose === undefined ? null : visibleText(request.purpose),
    notes,
  };
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

/** Denies a call on its way, where it still is on its way. */
export async function deny(
  room: Room,
  call: Pick<NewCall, 'id' | 'run' | 'runId'>,
  code: ErrorCode,
  detail: string | null,
): Promise<boolean> {
  const event = await room.ledger.event({
    type: 'call.denied',
    actor: 'gateway',
    call: call.id,
    run: { id: call.runId, name: call.run },
    data: { code },
    ...(detail === null ? {} : { contents: { detail } }),
  });
  const moved = await moveCall(room.db, {
    call: call.id,
    ...moves.deny,
    code,
    set: sql`finished_at = clock_timestamp()`,
    event,
  });
  if (moved) room.waiters.moved(call.id);
  room.ledger.wake();
  return moved;
}
