/** Submits a call: judge it, and record it as allowed, denied, or waiting for people. Known calls come back unchanged. */
import {
  type CallId,
  CountersignError,
  type ErrorCode,
  errorTable,
  type InputDigest,
  inputDigest,
  isErrorCode,
  type Principal,
  type SubmitRequest,
} from '@countersign/core';
import type { CallRow } from '../store/call-row.ts';
import { findCall, findCallByKey } from '../store/find-call.ts';
import { insertCall, type NewCall } from '../store/insert-call.ts';
import { hasOpenOutcome } from '../store/memory.ts';
import { ask } from './ask.ts';
import { effectKey, inputKey } from './call-keys.ts';
import { changesSomething, type Judged, judge } from './judge.ts';
import { asJson, type CallRecord, recordName, writeRecord } from './record.ts';
import { type Connected, connectionOf, type Room } from './room.ts';
import { putBack } from './tokens.ts';
import { withoutPaging } from './without-paging.ts';

/** Milliseconds a second submission of the same call waits for the first to be judged. */
const judgedWithinMs = 15_000;

/**
 * @throws {CountersignError} `unknown_connection`; `call_conflict` when the key is known with another input; what
 * parsing the input throws for a request that is no call at all.
 */
export async function submit(
  room: Room,
  principal: Principal,
  request: SubmitRequest,
  signal: AbortSignal,
): Promise<CallRow> {
  const connected = connectionOf(room, request.connection);
  // A request that is not even an input of this protocol is answered as malformed, and is no call.
  connected.target.parse(request.input);
  const digest = digestOf(principal, connected, request);
  const key = inputKey(principal, request.connection, request.input);
  const judged = await judge(room, {
    principal,
    connected,
    input: request.input,
    earlierOutcomeOpen: () => hasOpenOutcome(room.db, key, null),
    putBack: (analysis, parsed) =>
      putBack(
        room,
        { principal, connected, input: request.input, run: request.run, signal },
        analysis,
        parsed,
      ),
    signal,
  });
  const runId = await room.ledger.runId({
    principal: principal.id,
    onBehalfOf: principal.onBehalfOf,
    run: request.run,
  });
  const same = effectKey(request.connection, judged.analysis);
  const settled = await withoutPaging(room, judged, request, { inputKey: key, runId, effectKey: same });

  const call = newCall({
    room,
    principal,
    request,
    connected,
    digest,
    runId,
    inputKey: key,
    effectKey: same,
    judged: settled,
  });
  const inserted = await insert(room, call, settled, request);
  if (inserted === null) return known(room, principal, request, digest, signal);
  if (inserted.state !== 'submitted') return inserted;
  await ask(room, { call, connected, principal, request, judged: settled, signal });
  return must(await findCall(room.db, call.id));
}

function digestOf(principal: Principal, { config }: Connected, request: SubmitRequest): InputDigest {
  const { connection, input, run, tool, call } = request;
  return inputDigest({
    connection,
    protocol: config.protocol,
    input: asJson(input),
    principal: principal.id,
    onBehalfOf: principal.onBehalfOf,
    run,
    tool,
    call,
  });
}

interface CallParts {
  readonly room: Room;
  readonly principal: Principal;
  readonly request: SubmitRequest;
  readonly connected: Connected;
  readonly digest: InputDigest;
  readonly runId: string;
  readonly inputKey: string;
  readonly effectKey: string;
  readonly judged: Judged;
}

const stateOf = { allow: 'allowed', ask: 'submitted', deny: 'denied' } as const;

function newCall(parts: CallParts): NewCall {
  const { room, principal, request, connected, digest, judged } = parts;
  return {
    id: room.runtime.newId('call'),
    principal: principal.id,
    onBehalfOf: principal.onBehalfOf,
    owner: principal.owner,
    run: request.run,
    runId: parts.runId,
    tool: request.tool,
    call: request.call,
    connection: request.connection,
    protocol: connected.config.protocol,
    inputDigest: digest,
    inputKey: parts.inputKey,
    effectKey: parts.effectKey,
    writes: judged.analysis === null || changesSomething(judged.analysis),
    state: judged.decision.needsRows === true ? 'submitted' : stateOf[judged.decision.verdict],
    code: judged.decision.needsRows === true ? 'needs_approval' : judged.decision.code,
    startWithinMs: judged.decision.startWithinMs,
    instance: room.instance,
  };
}

async function insert(
  room: Room,
  call: NewCall,
  judged: Judged,
  request: SubmitRequest,
): Promise<CallRow | null> {
  const { decision, analysis, message } = judged;
  const record: CallRecord = {
    input: request.input,
    purpose: request.purpose ?? null,
    // Where the rows are still to be counted, what it comes to is said by the event that moves it.
    verdict: decision.needsRows === true ? 'ask' : decision.verdict,
    detail: decision.detail,
    message: decision.needsRows === true ? null : message,
    rules: decision.rules,
    effects: analysis?.effects ?? [],
    lineage: analysis?.lineage ?? null,
  };
  const event = await room.ledger.event({
    type: `call.${call.state}`,
    actor: call.principal,
    call: call.id,
    run: { id: call.runId, name: call.run },
    data: {
      connection: call.connection,
      protocol: call.protocol,
      tool: call.tool,
      sdkCall: call.call,
      inputDigest: call.inputDigest,
      owner: call.owner,
      onBehalfOf: call.onBehalfOf,
      verdict: decision.verdict,
      code: decision.code,
      policy: judged.policy ?? room.current().policy.version,
    },
    contents: { [recordName]: writeRecord(record) },
  });
  room.runtime.reached('submit.before');
  const inserted = await insertCall(room.db, call, event);
  room.runtime.reached('submit.after');
  if (inserted === null) return null;
  room.records.set(inserted.record_event, record);
  if (decision.needsRows !== true) room.matched.count(decision.rules);
  if (inserted.state === 'allowed') room.allowed.set(inserted.id, inserted);
  room.ledger.wake();
  return inserted;
}

/** The call that has this key already: the same one, or a conflict. */
async function known(
  room: Room,
  principal: Principal,
  request: SubmitRequest,
  digest: InputDigest,
  signal: AbortSignal,
): Promise<CallRow> {
  const { run, tool, call } = request;
  const find = async () => must(await findCallByKey(room.db, { principal: principal.id, run, tool, call }));
  let row = await find();
  if (row.input_digest !== digest)
    throw new CountersignError('call_conflict', { what: `call ${call} of run ${run}` });
  const until = room.runtime.now() + judgedWithinMs;
  while (row.state === 'submitted' && room.runtime.now() < until && !signal.aborted) {
    await room.waiters.wait(row.id, 500, signal);
    row = await find();
  }
  return row;
}

/** A row that was just written. @throws {CountersignError} `unavailable` should the store have lost it. */
export function must(row: CallRow | null): CallRow {
  if (row === null) throw new CountersignError('unavailable', { what: 'the store lost a call it had' });
  return row;
}

/** The code of a call as an error's code: for states that are over, `code` is one of the table. */
export function errorCodeOf(row: Pick<CallRow, 'code'>): ErrorCode {
  return isErrorCode(row.code) ? row.code : 'internal';
}

export function retryOf(code: ErrorCode): (typeof errorTable)[ErrorCode]['retry'] {
  return errorTable[code].retry;
}

export type { CallId };
