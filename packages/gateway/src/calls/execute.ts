/**
 * Executes a call: the decision is made again, the claim is taken, the target runs it, the outcome is recorded, and only
 * then does the agent get anything. A call runs once; asking again brings back what happened.
 */
import {
  type CallId,
  CountersignError,
  errorTable,
  type InputDigest,
  isFinished,
  type Principal,
} from '@countersign/core';
import { isFreeOfHidden } from '@countersign/policy';
import { sameDigest } from '../identity/same-digest.ts';
import type { Execution, RowSink, TargetRequest } from '../protocols/protocol.ts';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { appendEvent } from '../store/append-event.ts';
import type { CallRow } from '../store/call-row.ts';
import { type Claim, claimCall, keepEvidence } from '../store/claim-call.ts';
import { findCall } from '../store/find-call.ts';
import { isStopped } from '../store/stops.ts';
import { deny } from './ask.ts';
import { decideUnderOnePolicy, type MayRun } from './decide-again.ts';
import { cancel, expireIfDue } from './end.ts';
import type { Judged } from './judge.ts';
import { moves } from './machine.ts';
import { asJson } from './record.ts';
import type { Connected, Room } from './room.ts';
import { type Settled, type SettledColumns, settle } from './settle.ts';
import { endStopped } from './stop.ts';
import { must } from './submit.ts';
import { tellReach } from './tell-reach.ts';
import { type Kept, keepForRun } from './tokens.ts';

/** How often the outcome is tried to be recorded while the agent waits, and then in the background. */
const [quickTries, slowTries, slowTryMs] = [5, 200, 3000];

/** A call after `execute`, and, where it was this one that ran it, what came of it. */
export interface Executed {
  readonly row: CallRow;
  readonly execution: Execution | null;
}

/**
 * @param rows Where the rows of a read go instead of into its result, which is then not kept either.
 * @returns the call as it then stands: with an outcome, or why it was not executed.
 * @throws {CountersignError} `not_found` (also for another principal's call), `digest_mismatch`, `unavailable`.
 */
export async function execute(
  room: Room,
  principal: Principal,
  id: CallId,
  digest: InputDigest,
  signal: AbortSignal,
  rows?: RowSink,
): Promise<Executed> {
  const remembered = remember(room, principal, id);
  const row = remembered ?? (await ownCall(room, principal, id));
  if (!sameDigest(row.input_digest, digest)) throw new CountersignError('digest_mismatch', { what: id });
  const asItStands = async (): Promise<Executed> => ({
    row: must(await findCall(room.db, id)),
    execution: null,
  });
  if (isFinished(row.state) || row.state === 'claimed') return { row, execution: null };
  if (row.state === 'submitted' || row.state === 'waiting') {
    // Whoever executes what nobody has decided gives up on the answer: nothing runs, and calling again asks again.
    await cancel(room, row, principal.id, 'not_decided');
    return asItStands();
  }
  const { connected, again } = await decideUnderOnePolicy(room, principal, row, signal);
  if (again.code !== null) {
    // Memory is good enough to be claimed by, because the claim looks; what is said of a call comes from the store.
    if (remembered !== null) return execute(room, principal, id, digest, signal, rows);
    // What may be over in a moment costs nobody the consent they gave: the call stays as it is until its clock is out.
    if (errorTable[again.code].retry === 'later') throw new CountersignError(again.code);
    await deny(room, { id: row.id, run: row.run, runId: row.run_id }, again.code, again.detail);
    return asItStands();
  }
  const claim = await take(room, principal, row, again.judged);
  if (claim === null) return asItStands();
  return (await runClaimed(room, principal, row, connected, again, claim, rows)) ?? asItStands();
}

/** A call that this gateway allowed a moment ago, as it then stood; told once. */
function remember(room: Room, principal: Principal, id: CallId): CallRow | null {
  const row = room.allowed.get(id);
  if (row === undefined || !isOwn(row, principal)) return null;
  room.allowed.delete(id);
  return row;
}

/** A caller reads its own principal's calls only; another's looks like none at all. */
export async function ownCall(room: Room, principal: Principal, id: CallId): Promise<CallRow> {
  const row = await findCall(room.db, id);
  if (row === null || !isOwn(row, principal)) throw new CountersignError('not_found', { what: id });
  return row;
}

const isOwn = (row: CallRow, principal: Principal): boolean =>
  row.principal === principal.id && row.on_behalf_of === principal.onBehalfOf;

/** The claim; null when the call was no longer there to be claimed: another has it, it is late, or a stop came. */
async function take(room: Room, principal: Principal, row: CallRow, judged: Judged): Promise<Claim | null> {
  const claim: Claim = { call: row.id, instance: room.instance, epoch: row.epoch + 1 };
  const event = await room.ledger.event({
    type: 'call.claimed',
    actor: principal.id,
    call: row.id,
    run: { id: row.run_id, name: row.run },
    data: {
      instance: claim.instance,
      epoch: claim.epoch,
      inputDigest: row.input_digest,
      policy: room.current().policy.version,
      verdict: judged.decision.verdict,
    },
  });
  room.runtime.reached('claim.before');
  if (await claimCall(room.db, claim, moves.claim, event)) {
    room.runtime.reached('claim.after');
    room.ledger.wake();
    return claim;
  }
  if (!(await expireIfDue(room, row)) && (await isStopped(room.db, row.principal, row.connection)))
    await cancel(room, row, 'gateway', 'stopped');
  return null;
}

/** Null when another gateway took the claim over meanwhile. */
async function runClaimed(
  room: Room,
  principal: Principal,
  row: CallRow,
  connected: Connected,
  again: MayRun,
  claim: Claim,
  rows: RowSink | undefined,
): Promise<Executed | null> {
  const running = { call: row.id, principal: row.principal, connection: row.connection };
  // The agent's own connection may break; what was claimed goes on, and its outcome is kept.
  const executed = room.running.during(running, async (signal) => {
    let handedOn = false;
    const sink = rows && {
      rows: (batch: Parameters<RowSink['rows']>[0]) => rows.rows(batch),
      columns: (names: readonly string[]) => {
        handedOn = true;
        return rows.columns(names);
      },
    };
    const execution = await runAtTarget(room, principal, row, connected, again, claim, signal, sink);
    tellReach(room.log, connected, execution.outcome === 'succeeded' ? 'reached' : execution.code);
    await tellOfWall(room, row, execution);
    // What was handed on is not kept: it can be larger than memory.
    const outcome: Settled =
      execution.outcome === 'succeeded' && handedOn ? { outcome: 'succeeded', result: null } : execution;
    const settled = await settleForSure(room, row, claim, outcome);
    return settled === null ? null : { row: { ...row, ...settled }, execution };
  });
  // A stop that came after the claim and looked for what runs before this did.
  endStopped(room);
  return executed;
}

async function runAtTarget(
  room: Room,
  principal: Principal,
  row: CallRow,
  connected: Connected,
  { judged, effect }: MayRun,
  claim: Claim,
  signal: AbortSignal,
  rows: RowSink | undefined,
): Promise<Execution> {
  const { analysis, parsed, decision } = judged;
  if (analysis === null || parsed === null)
    return { outcome: 'failed', code: 'internal', ran: 'no', message: null };
  try {
    const given = new Map<string, Kept>();
    const requests: Promise<void>[] = [];
    const scope = {
      keep: (token: string, value: string, domain: string) => given.set(token, { value, domain }),
      secret: room.maskSecret,
      principal: JSON.stringify([principal.id, principal.onBehalfOf]),
      run: row.run,
    };
    const execution = await connected.target.execute(parsed, analysis, {
      call: row.id,
      limits: connected.config.limits,
      masks: decision.masks,
      masker: room.makeMasker(decision.masks, scope),
      freeOfHidden: isFreeOfHidden(room.current().policy, connected.config, analysis),
      ...(rows === undefined ? {} : { rows: keepingTokens(rows, () => keepGiven(room, row, given)) }),
      started: async (evidence) => {
        const event = await room.ledger.event({
          type: 'call.started',
          actor: 'gateway',
          call: row.id,
          run: { id: row.run_id, name: row.run },
          data: { epoch: claim.epoch, evidence: asJson(evidence) },
        });
        const kept = await keepEvidence(room.db, claim, evidence, event);
        if (!kept) throw new CountersignError('cancelled', { what: 'the claim is no longer ours' });
        room.ledger.wake();
      },
      requested: (request) => requests.push(tellRequest(room, row, request)),
      signal,
      ...(effect === undefined ? {} : { effect }),
    });
    await Promise.all(requests);
    await keepGiven(room, row, given);
    return execution;
  } catch (thrown) {
    // A target's execute never throws; should it, nothing is known.
    room.log.error({ err: faultForLog(thrown), call: row.id }, 'a target broke its contract');
    return { outcome: 'unknown', code: 'outcome_unknown', message: null };
  }
}

/** What a call asked its target for, as an event of its own. Its outcome does not wait for ever on a store that fails. */
async function tellRequest(room: Room, row: CallRow, { data, about }: TargetRequest): Promise<void> {
  try {
    const event = await room.ledger.event({
      type: 'call.requested',
      actor: 'gateway',
      call: row.id,
      run: { id: row.run_id, name: row.run },
      data,
      contents: { about },
    });
    await appendEvent(room.db, event);
  } catch (thrown) {
    room.log.error({ call: row.id, err: faultForLog(thrown) }, 'a request of a call could not be recorded');
  }
}

/** The database refused what the analysis had called harmless: that is an incident, and no mere error. */
async function tellOfWall(room: Room, row: CallRow, execution: Execution): Promise<void> {
  if (execution.outcome !== 'failed' || execution.code !== 'wall_refused') return;
  const { connection, id: call, principal } = row;
  room.log.error(
    { call, connection, principal },
    'incident: the second wall refused a read that was judged harmless',
  );
  try {
    const event = await room.ledger.event({
      type: 'incident.wall_refused',
      actor: 'gateway',
      call,
      run: { id: row.run_id, name: row.run },
      data: { connection, principal },
    });
    await appendEvent(room.db, event);
  } catch (thrown) {
    // The outcome says it, too, and is recorded for sure.
    room.log.error({ call, err: faultForLog(thrown) }, 'the incident could not be recorded');
  }
}

/** Tokens are kept before the rows they stand in leave, batch by batch. */
const keepingTokens = (rows: RowSink, keep: () => Promise<void>): RowSink => ({
  columns: (names) => rows.columns(names),
  rows: async (batch) => {
    await keep();
    await rows.rows(batch);
  },
});

/** A token that could not be kept is refused when it comes back; the answer it stands in is none the worse. */
async function keepGiven(room: Room, row: CallRow, given: Map<string, Kept>): Promise<void> {
  if (given.size === 0) return;
  const now = new Map(given);
  given.clear();
  try {
    await keepForRun(room, row.run_id, now);
  } catch (thrown) {
    room.log.error({ err: faultForLog(thrown), call: row.id }, 'tokens could not be kept');
  }
}

/**
 * The outcome has to be recorded. While the store fails it is tried again, a while here, then in the background; a
 * gateway that dies before it succeeds leaves it to recovery.
 */
async function settleForSure(
  room: Room,
  row: CallRow,
  claim: Claim,
  execution: Settled,
): Promise<SettledColumns | null> {
  for (let tries = 1; ; tries++) {
    try {
      return await settle(room, row, claim, execution);
    } catch (thrown) {
      if (tries === quickTries) {
        room.log.error({ call: row.id, err: faultForLog(thrown) }, 'the outcome could not be recorded yet');
        void keepSettling(room, row, claim, execution).finally(room.running.keep(row.id));
        const what = 'the outcome could not be recorded; ask for it again later';
        throw new CountersignError('unavailable', { what }, { cause: thrown });
      }
      await room.runtime.sleep(100 * 2 ** tries);
    }
  }
}

/** Tries in the background, for as long as the claim is ours and the process lives. */
async function keepSettling(room: Room, row: CallRow, claim: Claim, execution: Settled): Promise<void> {
  for (let tries = 0; tries < slowTries; tries++) {
    await room.runtime.sleep(slowTryMs, room.ending);
    if (room.ending.aborted) return;
    try {
      await settle(room, row, claim, execution);
      return;
    } catch (thrown) {
      room.log.error(
        { call: row.id, err: faultForLog(thrown), tries },
        'the outcome could still not be recorded',
      );
    }
  }
}
