/** The operations on calls, bound to one gateway: what its routes and its command line use. */
import {
  type ApprovalId,
  type ApprovalList,
  type ApprovalView,
  type CallId,
  type CallInput,
  type CallView,
  type CommentRequest,
  type ConnectionDetail,
  CountersignError,
  type ExecuteView,
  type InputDigest,
  type Principal,
  type RunId,
  type RunList,
  type RunView,
  type SessionId,
  type StopId,
  type StopRequest,
  type SubmitRequest,
  type TryView,
  type tryRequestSchema,
  type VoteRequest,
} from '@countersign/core';
import type { z } from 'zod';
import type { RowSink } from '../protocols/protocol.ts';
import { appendEvent } from '../store/append-event.ts';
import { type ApprovalRow, findApproval, waitingApprovals, waitingFor } from '../store/approvals.ts';
import type { CallRow } from '../store/call-row.ts';
import { findCall } from '../store/find-call.ts';
import { markFetched } from '../store/memory.ts';
import type { RunFilter } from '../store/runs.ts';
import { settleByHand } from '../store/settle-by-hand.ts';
import { listStops, type StopRow } from '../store/stops.ts';
import { approvalViews } from './approval-view.ts';
import { comment } from './comment.ts';
import { connectionViews } from './connection-view.ts';
import { cancel, endRunning, expireIfDue } from './end.ts';
import { execute, ownCall } from './execute.ts';
import { type Explained, explain } from './explain.ts';
import { askedSignIn, keepSignIn, type SignInProof } from './fresh-sign-in.ts';
import { HealthBoard } from './health.ts';
import type { Room } from './room.ts';
import { type RunAnswer, runOnce } from './run-once.ts';
import { runList, runView } from './run-view.ts';
import { mayLook, onlookerOf, type Viewer } from './sight.ts';
import { lift, type StopDone, stop } from './stop.ts';
import { must, submit } from './submit.ts';
import { callView, executeView } from './view.ts';
import { vote } from './vote.ts';

/** What waits for one's vote is counted up to this. */
const counted = 1000;

/** The machine's operations, each for one principal. `machine.ts` draws the states they move between. */
export class Calls {
  readonly #room: Room;
  readonly #health: HealthBoard;

  constructor(room: Room) {
    this.#room = room;
    this.#health = new HealthBoard(room);
  }

  async submit(principal: Principal, request: SubmitRequest, signal: AbortSignal): Promise<CallView> {
    return callView(this.#room, await submit(this.#room, principal, request, signal));
  }

  /** The call as it stands, at the latest `waitMs` from now, as soon as it is neither submitted nor waiting. */
  async get(principal: Principal, id: CallId, waitMs: number, signal: AbortSignal): Promise<CallView> {
    const room = this.#room;
    const until = room.runtime.now() + waitMs;
    let row = await this.#look(principal, id);
    while (isUndecided(row)) {
      const left = Math.min(until - room.runtime.now(), clockLeft(room, row), room.lookAgainMs);
      if (until <= room.runtime.now() || signal.aborted) break;
      await room.waiters.wait(id, Math.max(left, 10), signal);
      row = await this.#look(principal, id);
    }
    return callView(room, row);
  }

  /** `writes` tells whether the call changes something: its result has to be known to have arrived ({@link fetched}). */
  async execute(
    principal: Principal,
    id: CallId,
    digest: InputDigest,
    signal: AbortSignal,
    rows?: RowSink,
  ): Promise<{ readonly view: ExecuteView; readonly writes: boolean }> {
    const executed = await execute(this.#room, principal, id, digest, signal, rows);
    return { view: await executeView(this.#room, executed), writes: executed.row.writes };
  }

  /** What waits, is allowed or approved is cancelled; what runs is ended at the target. */
  async cancel(principal: Principal, id: CallId): Promise<CallView> {
    const row = await ownCall(this.#room, principal, id);
    if (!(await cancel(this.#room, row, principal.id, 'cancelled')))
      await endRunning(this.#room, row, principal.id);
    return callView(this.#room, must(await findCall(this.#room.db, id)));
  }

  /** Recorded: an agent that asks what would be let through leaves a trace of having asked. */
  async explain(
    principal: Principal,
    call: { connection: string; input: CallInput },
    signal: AbortSignal,
  ): Promise<Explained> {
    const explained = await explain(this.#room, principal, call, signal);
    const { decision, code } = explained;
    await this.#recordExplained(principal, { connection: call.connection, decision, code });
    return explained;
  }

  async #recordExplained(by: Principal, data: Readonly<Record<string, string>>): Promise<void> {
    const { db, ledger } = this.#room;
    await appendEvent(db, await ledger.event({ type: 'call.explained', actor: by.id, data }));
    ledger.wake();
  }

  runOnce(
    principal: Principal,
    call: { connection: string; input: CallInput },
    signal: AbortSignal,
  ): Promise<RunAnswer> {
    return runOnce(this.#room, principal, call, signal);
  }

  /** The result of a write reached the agent. */
  async fetched(id: CallId): Promise<void> {
    const { db, runtime } = this.#room;
    runtime.reached('fetched.before');
    await markFetched(db, id);
    runtime.reached('fetched.after');
  }

  /** A page of those that wait and that the viewer may look at. @throws {CountersignError} `not_found` for another page. */
  async approvals(
    viewer: Viewer,
    page: { after?: ApprovalId | undefined; limit: number },
  ): Promise<ApprovalList> {
    const room = this.#room;
    const onlooker = onlookerOf(room, viewer);
    const [rows, forMe] = await Promise.all([
      waitingApprovals(room.db, onlooker, page),
      waitingFor(room.db, onlooker, counted),
    ]);
    const seen = rows.filter((row) => mayLook(room, viewer, row));
    return {
      approvals: [...(await approvalViews(room, seen, viewer))],
      waiting_for_me: forMe,
      next: rows.length === page.limit ? (rows.at(-1)?.id ?? null) : null,
    };
  }

  /** @throws {CountersignError} `not_found`, also for what the viewer may not look at. */
  async approval(viewer: Viewer, id: ApprovalId): Promise<ApprovalView> {
    const row = await findApproval(this.#room.db, id);
    const [view] =
      row !== null && mayLook(this.#room, viewer, row) ? await approvalViews(this.#room, [row], viewer) : [];
    if (view === undefined) throw new CountersignError('not_found', { what: id });
    return view;
  }

  /** What has to be signed in again for. @throws {CountersignError} `not_found`; `sign_in_failed` where it asks for none. */
  askedSignIn(principal: Principal, id: ApprovalId): ReturnType<typeof askedSignIn> {
    return askedSignIn(this.#room, principal, id);
  }

  /** Keeps a sign-in for an approval: the vote that follows rests on it. */
  keepSignIn(
    session: SessionId,
    asked: { readonly approval: ApprovalId; readonly digest: string },
    proof: SignInProof,
  ): Promise<void> {
    return keepSignIn(this.#room, session, asked, proof);
  }

  async vote(principal: Principal, id: ApprovalId, request: VoteRequest): Promise<ApprovalView> {
    await vote(this.#room, principal, id, request);
    return this.approval({ principal, everything: false }, id);
  }

  async comment(principal: Principal, id: ApprovalId, request: CommentRequest): Promise<ApprovalView> {
    await comment(this.#room, principal, id, request);
    return this.approval({ principal, everything: false }, id);
  }

  /** Whether somebody may look at an approval, by the policy in force. */
  mayLook(viewer: Viewer, approval: ApprovalRow): boolean {
    return mayLook(this.#room, viewer, approval);
  }

  runs(viewer: Viewer, filter: RunFilter): Promise<RunList> {
    return runList(this.#room, viewer, filter);
  }

  /** @throws {CountersignError} `not_found`, also for what the viewer may not look at. */
  run(viewer: Viewer, id: RunId, page: { after?: CallId | undefined; limit: number }): Promise<RunView> {
    return runView(this.#room, viewer, id, page);
  }

  connections(viewer: Viewer): Promise<ConnectionDetail[]> {
    return connectionViews(this.#room, this.#health, viewer);
  }

  /** How a call of somebody would be decided. Recorded as whoever asks; nobody is asked, and nothing runs. */
  async try(
    by: Principal,
    request: z.output<typeof tryRequestSchema>,
    signal: AbortSignal,
  ): Promise<TryView> {
    const { connection, input, as } = request;
    const { name, groups } = as;
    const id = `${as.class}:${name}`;
    const somebody: Principal = {
      class: as.class,
      id,
      name,
      groups,
      account: null,
      owner: null,
      onBehalfOf: null,
    };
    const explained = await explain(this.#room, somebody, { connection, input }, signal);
    const { decision, code, reason, detail, effects, rules, masks, requirement } = explained;
    await this.#recordExplained(by, { connection, decision, code, as: id });
    return {
      decision,
      code,
      reason,
      detail,
      effects: effects.map(({ action, resource, via }) => ({
        action,
        resource,
        ...(via === undefined ? {} : { via }),
      })),
      rules: [...rules],
      masks: [...masks],
      asks: (requirement?.asks ?? []).map(({ approvers, votes }) => ({ approvers: [...approvers], votes })),
    };
  }

  stop(by: Principal, request: StopRequest): Promise<StopDone> {
    return stop(this.#room, by, request);
  }

  lift(by: Principal, id: StopId): Promise<void> {
    return lift(this.#room, by, id);
  }

  stops(): Promise<readonly StopRow[]> {
    return listStops(this.#room.db);
  }

  /** @throws {CountersignError} `not_found` when there is no such call with an open outcome. */
  async settle(by: Principal, id: CallId, reason: string): Promise<void> {
    const row = await findCall(this.#room.db, id);
    if (row === null) throw new CountersignError('not_found', { what: id });
    const event = await this.#room.ledger.event({
      type: 'call.settled',
      actor: by.id,
      call: id,
      run: { id: row.run_id, name: row.run },
      contents: { reason },
    });
    if (!(await settleByHand(this.#room.db, id, event)))
      throw new CountersignError('not_found', { what: `${id} has no open outcome` });
    this.#room.ledger.wake();
  }

  /** Expires it first where its clock ran out: nobody sees a call waiting that can't be approved any more. */
  async #look(principal: Principal, id: CallId): Promise<CallRow> {
    const row = await ownCall(this.#room, principal, id);
    if (clockLeft(this.#room, row) > 0) return row;
    await expireIfDue(this.#room, row);
    return must(await findCall(this.#room.db, id));
  }
}

const isUndecided = (row: CallRow): boolean => row.state === 'submitted' || row.state === 'waiting';

/** Milliseconds until the call's running clock is out, by this gateway's clock: when to look, not whether it expired. */
function clockLeft(room: Room, row: CallRow): number {
  const clock =
    row.state === 'waiting'
      ? row.vote_by
      : row.state === 'allowed' || row.state === 'approved'
        ? row.start_by
        : null;
  return clock === null ? Number.POSITIVE_INFINITY : clock.getTime() - room.runtime.now();
}
