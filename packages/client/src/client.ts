/** The gateway's API, a method for each route. Each answer is parsed; each refusal is a CountersignError of its code. */
import {
  type ApprovalId,
  type ApprovalList,
  type ApprovalsQuery,
  type ApprovalView,
  approvalListSchema,
  approvalViewSchema,
  type CallId,
  type CallInput,
  type CallView,
  type CommentRequest,
  type ConnectionDetails,
  type ConnectionList,
  callViewSchema,
  connectionDetailsSchema,
  connectionListSchema,
  type DeviceQuestion,
  type DeviceRequest,
  type DeviceSignIn,
  type DeviceToken,
  deviceSignInSchema,
  deviceTokenSchema,
  type EventsQuery,
  type ExecuteRequest,
  type ExecuteView,
  type ExplainView,
  executeViewSchema,
  explainViewSchema,
  type FinishRequest,
  finishedSchema,
  type LeaseRequest,
  type LedgerLine,
  type Minted,
  type MintInput,
  mintedSchema,
  type ParkedRunId,
  type ParkedRunList,
  type ParkedRunView,
  type ParkRequest,
  type PolicyView,
  type PrincipalView,
  parkedRunListSchema,
  parkedRunViewSchema,
  policyViewSchema,
  principalViewSchema,
  type RevocationRequest,
  type Revoked,
  type RunId,
  type RunList,
  type RunQuery,
  type RunsQuery,
  type RunView,
  revokedSchema,
  runListSchema,
  runViewSchema,
  type SessionId,
  type SessionList,
  type SessionView,
  type SettleRequest,
  type StopId,
  type StopList,
  type StopRequest,
  type StopView,
  type SubmitRequest,
  sessionListSchema,
  sessionViewSchema,
  settledSchema,
  stopListSchema,
  stopViewSchema,
  type TokenId,
  type TokenList,
  type TryRequest,
  type TryView,
  tokenListSchema,
  tryViewSchema,
  type Unparked,
  unparkedSchema,
  type VoteRequest,
} from '@countersign/core';
import { type Followed, type FollowOptions, follow } from './follow.ts';
import { ledgerLines } from './ledger-lines.ts';
import { type Streamed, streamedRows } from './streamed-rows.ts';
import { type RequestOptions, Transport, type TransportOptions } from './transport.ts';

/** Milliseconds an execution is waited for; one that takes longer is asked for again and is `in_progress`. */
const executionMs = 60_000;

/** Where the gateway is, with which token, and how much patience there is. */
export type ClientOptions = TransportOptions;

/** What is given, as a query; nothing, where nothing is. */
function queryOf(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

/** Which routes answer depends on the token's class: a token calls, votes or operates, never two of these. */
export interface Client {
  /** The gateway's address, ending in `/`. */
  readonly url: string;

  /** Agent: records a call and how it was decided. The same key with the same input is the same call. */
  submitCall(request: SubmitRequest, options?: RequestOptions): Promise<CallView>;
  /** Agent: a call of one's own; with `wait` (seconds, at most 60) answers when it is decided or the wait is over. */
  getCall(id: CallId, options?: RequestOptions & { readonly wait?: number }): Promise<CallView>;
  /**
   * Agent: runs a decided call, and answers with its outcome, after a minute at the latest: `in_progress` is then asked
   * for again. Repeating it never runs the call again. A call that was not decided yet is cancelled by it.
   */
  executeCall(id: CallId, request: ExecuteRequest, options?: RequestOptions): Promise<ExecuteView>;
  /**
   * Agent: runs a decided call as {@link executeCall} does, and gives its rows as they come, however many: first the
   * columns, then each row, last the answer. They are not kept: asked again, there are none. Who stops before the end
   * ends the call. It takes as long as it takes; a signal ends it.
   */
  streamCall(id: CallId, request: ExecuteRequest, options?: RequestOptions): AsyncGenerator<Streamed>;
  /** Agent: ends a call of one's own; what runs is ended at the target. A call that has ended stays as it is. */
  cancelCall(id: CallId, options?: RequestOptions): Promise<CallView>;
  /** Agent: the connections that the gateway has, by name and protocol. */
  listConnections(options?: RequestOptions): Promise<ConnectionList>;
  /** Agent: how a call would be decided, without making one: decision, code and reason. That it asked is recorded. */
  explain(
    request: { readonly connection: string; readonly input: CallInput },
    options?: RequestOptions,
  ): Promise<ExplainView>;

  /** Agent: who the token's holder is. */
  getPrincipal(options?: RequestOptions): Promise<PrincipalView>;
  /** Agent: keeps a run's encrypted state; with a lease, the new state of a run that was taken. */
  parkRun(request: ParkRequest, options?: RequestOptions): Promise<ParkedRunView>;
  /** Agent: one's own parked runs, the oldest first. */
  listParkedRuns(options?: RequestOptions): Promise<ParkedRunList>;
  /** Agent: takes a parked run for 15 minutes, under a lease that the caller makes up. */
  unparkRun(id: ParkedRunId, request: LeaseRequest, options?: RequestOptions): Promise<Unparked>;
  /** Agent: holds a taken run for 15 minutes more. */
  renewRun(id: ParkedRunId, request: LeaseRequest, options?: RequestOptions): Promise<ParkedRunView>;
  /** Agent: gives a taken run back as it was. */
  releaseRun(id: ParkedRunId, request: LeaseRequest, options?: RequestOptions): Promise<ParkedRunView>;
  /** Agent: erases a parked run; without a lease, one that nobody has taken. */
  finishRun(id: ParkedRunId, request: FinishRequest, options?: RequestOptions): Promise<void>;

  /** Who looks on: a page of the approvals that wait (100, at most 500), first those asked about, the oldest first. */
  listApprovals(options?: RequestOptions & ApprovalsQuery): Promise<ApprovalList>;
  /**
   * Who looks on: changes of approvals and stops as they happen. Taken up again where it broke off, across restarts of
   * the gateway, until it is ended.
   */
  followApprovals(options?: FollowOptions): AsyncGenerator<Followed>;
  /** Agent: what people decide of one's own calls, as it happens; taken up again as {@link followApprovals}. */
  followCalls(options?: FollowOptions): AsyncGenerator<Followed>;
  /** Who looks on: one approval, decided ones included. */
  getApproval(id: ApprovalId, options?: RequestOptions): Promise<ApprovalView>;
  /** Person: votes on exactly what was shown; answers the approval as it is then. */
  vote(id: ApprovalId, request: VoteRequest, options?: RequestOptions): Promise<ApprovalView>;
  /** Person: says something beside an approval that waits. It is not a vote. */
  comment(id: ApprovalId, request: CommentRequest, options?: RequestOptions): Promise<ApprovalView>;
  /** Who looks on: runs, the latest first (50, at most 100). What the query leaves out means every one. */
  findRuns(query?: RunsQuery, options?: RequestOptions): Promise<RunList>;
  /** Who looks on: a run, and a page of its calls (50, at most 100), the first one first. */
  getRun(id: RunId, options?: RequestOptions & RunQuery): Promise<RunView>;
  /** Who looks on: the connections, whether each was reached, and which rules lead there. */
  inspectConnections(options?: RequestOptions): Promise<ConnectionDetails>;

  /** Operator: the answer is the only time the token itself is shown. */
  mintToken(request: MintInput, options?: RequestOptions): Promise<Minted>;
  /** Operator: the latest 1000 tokens, without their texts, the newest first. */
  listTokens(options?: RequestOptions): Promise<TokenList>;
  /** Operator: the token is refused from now on; by another gateway of the same store within a second. */
  revokeToken(id: TokenId, options?: RequestOptions): Promise<void>;
  /** Auditor, operator: how a call of somebody would be decided, and why. Nobody is asked, and nothing runs. */
  tryPolicy(request: TryRequest, options?: RequestOptions): Promise<TryView>;
  /** Operator, auditor: the sessions of people who signed in. */
  listSessions(options?: RequestOptions): Promise<SessionList>;
  /** Operator: takes a session away; at another gateway of the same store within a second. */
  revokeSession(id: SessionId, options?: RequestOptions): Promise<void>;
  /** Operator: takes away all sessions and tokens of a person. Votes cast by them no longer count. */
  revokePerson(request: RevocationRequest, options?: RequestOptions): Promise<Revoked>;
  /** Auditor, operator: the policy in force, and how often each rule matched. */
  getPolicy(options?: RequestOptions): Promise<PolicyView>;
  /** Operator: has the policy file read again; `config_invalid` leaves the old one in force. */
  reloadPolicy(options?: RequestOptions): Promise<PolicyView>;
  /** Operator: the kill switch, for one principal, one connection, or all. It also ends what runs. */
  createStop(request: StopRequest, options?: RequestOptions): Promise<StopView>;
  /** Auditor, operator: the latest 1000 stops, lifted ones included, the newest first. */
  listStops(options?: RequestOptions): Promise<StopList>;
  /** Operator: lifts a stop. Calls that it ended stay ended. */
  liftStop(id: StopId, options?: RequestOptions): Promise<void>;
  /** Operator: closes a call whose outcome stayed open. */
  settleCall(id: CallId, request: SettleRequest, options?: RequestOptions): Promise<void>;
  /**
   * Operator: ledger lines, those with an index above `after` (default -1: from the start), at most `limit` of them
   * (default 1000, at most 10 000), ending with a signed head when there are no more. `call`, `run`, `since` and `last`
   * narrow it, at the cost of what is found; such a part can't be verified by itself.
   */
  events(options?: RequestOptions & EventsQuery): Promise<readonly LedgerLine[]>;

  /** Begins to sign in a person at their identity provider. Needs no token. */
  startSignIn(request: DeviceRequest, options?: RequestOptions): Promise<DeviceSignIn>;
  /** Asks whether they have signed in, then answers the session's token; `sign_in_pending` until then. Needs no token. */
  finishSignIn(request: DeviceQuestion, options?: RequestOptions): Promise<DeviceToken>;
  /** Session: who is signed in. */
  getSession(options?: RequestOptions): Promise<SessionView>;
  /** Session: ends it. */
  leaveSession(options?: RequestOptions): Promise<void>;

  /** Whether the gateway's process answers. Needs no token; never throws but for an abort. */
  isAlive(options?: RequestOptions): Promise<boolean>;
  /** Whether the gateway can decide: its store and its parts are there. Needs no token; throws as `isAlive`. */
  isReady(options?: RequestOptions): Promise<boolean>;
}

/**
 * A client of one gateway.
 *
 * Every method throws a CountersignError: the problem's code, `unreachable` where no answer came, `internal` where it
 * could not be read; an aborted one throws what it was aborted with.
 *
 * @throws {CountersignError} `config_invalid` for an address that may not be used.
 */
export function createClient(options: ClientOptions): Client {
  const http = new Transport(options);
  const part = encodeURIComponent;
  const ok = async (path: string, request: RequestOptions): Promise<boolean> => {
    try {
      return (await http.status({ method: 'GET', path, ...request })) === 200;
    } catch {
      request.signal?.throwIfAborted();
      return false;
    }
  };
  return {
    url: http.url,

    submitCall: (body, o) => http.json({ method: 'POST', path: 'v1/calls', body, ...o }, callViewSchema),
    getCall: (id, { wait = 0, ...o } = {}) =>
      http.json(
        { method: 'GET', path: `v1/calls/${part(id)}?wait=${wait}`, waitMs: wait * 1000, ...o },
        callViewSchema,
      ),
    executeCall: (id, body, o) =>
      http.json(
        { method: 'POST', path: `v1/calls/${part(id)}/execute`, body, waitMs: executionMs, ...o },
        executeViewSchema,
      ),
    streamCall: (id, body, o) => streamedRows(http, id, body, o),
    cancelCall: (id, o) =>
      http.json({ method: 'POST', path: `v1/calls/${part(id)}/cancel`, ...o }, callViewSchema),
    listConnections: (o) => http.json({ method: 'GET', path: 'v1/connections', ...o }, connectionListSchema),
    explain: (body, o) => http.json({ method: 'POST', path: 'v1/explain', body, ...o }, explainViewSchema),

    getPrincipal: (o) => http.json({ method: 'GET', path: 'v1/principal', ...o }, principalViewSchema),
    parkRun: (body, o) => http.json({ method: 'POST', path: 'v1/runs', body, ...o }, parkedRunViewSchema),
    listParkedRuns: (o) => http.json({ method: 'GET', path: 'v1/runs', ...o }, parkedRunListSchema),
    unparkRun: (id, body, o) =>
      http.json({ method: 'POST', path: `v1/runs/${part(id)}/unpark`, body, ...o }, unparkedSchema),
    renewRun: (id, body, o) =>
      http.json({ method: 'POST', path: `v1/runs/${part(id)}/renew`, body, ...o }, parkedRunViewSchema),
    releaseRun: (id, body, o) =>
      http.json({ method: 'POST', path: `v1/runs/${part(id)}/release`, body, ...o }, parkedRunViewSchema),
    finishRun: async (id, body, o) => {
      await http.json({ method: 'POST', path: `v1/runs/${part(id)}/finish`, body, ...o }, finishedSchema);
    },

    listApprovals: ({ after, limit, ...o } = {}) =>
      http.json(
        { method: 'GET', path: `v1/approvals${queryOf({ after, limit })}`, ...o },
        approvalListSchema,
      ),
    followApprovals: (o = {}) => follow(http, 'v1/approvals/events', o),
    followCalls: (o = {}) => follow(http, 'v1/calls/events', o),
    getApproval: (id, o) =>
      http.json({ method: 'GET', path: `v1/approvals/${part(id)}`, ...o }, approvalViewSchema),
    vote: (id, body, o) =>
      http.json({ method: 'POST', path: `v1/approvals/${part(id)}/votes`, body, ...o }, approvalViewSchema),
    comment: (id, body, o) =>
      http.json(
        { method: 'POST', path: `v1/approvals/${part(id)}/comments`, body, ...o },
        approvalViewSchema,
      ),
    findRuns: (query = {}, o = {}) =>
      http.json({ method: 'GET', path: `v1/runs${queryOf(query)}`, ...o }, runListSchema),
    getRun: (id, { after, limit, ...o } = {}) =>
      http.json(
        { method: 'GET', path: `v1/runs/${part(id)}${queryOf({ after, limit })}`, ...o },
        runViewSchema,
      ),
    inspectConnections: (o) =>
      http.json({ method: 'GET', path: 'v1/connections', ...o }, connectionDetailsSchema),

    tryPolicy: (body, o) => http.json({ method: 'POST', path: 'v1/policy/try', body, ...o }, tryViewSchema),
    mintToken: (body, o) => http.json({ method: 'POST', path: 'v1/tokens', body, ...o }, mintedSchema),
    listTokens: (o) => http.json({ method: 'GET', path: 'v1/tokens', ...o }, tokenListSchema),
    revokeToken: async (id, o) => {
      await http.text({ method: 'DELETE', path: `v1/tokens/${part(id)}`, ...o });
    },
    getPolicy: (o) => http.json({ method: 'GET', path: 'v1/policy', ...o }, policyViewSchema),
    reloadPolicy: (o) => http.json({ method: 'POST', path: 'v1/policy/reload', ...o }, policyViewSchema),
    createStop: (body, o) => http.json({ method: 'POST', path: 'v1/stops', body, ...o }, stopViewSchema),
    listStops: (o) => http.json({ method: 'GET', path: 'v1/stops', ...o }, stopListSchema),
    liftStop: async (id, o) => {
      await http.text({ method: 'DELETE', path: `v1/stops/${part(id)}`, ...o });
    },
    settleCall: async (id, body, o) => {
      await http.json({ method: 'POST', path: `v1/calls/${part(id)}/settle`, body, ...o }, settledSchema);
    },
    events: async ({ after = -1, limit = 1000, call, run, since, last, ...o } = {}) => {
      const path = `v1/events${queryOf({ after, limit, call, run, since, last })}`;
      return ledgerLines(await http.text({ method: 'GET', path, ...o }));
    },

    listSessions: (o) => http.json({ method: 'GET', path: 'v1/sessions', ...o }, sessionListSchema),
    revokeSession: async (id, o) => {
      await http.text({ method: 'DELETE', path: `v1/sessions/${part(id)}`, ...o });
    },
    revokePerson: (body, o) =>
      http.json({ method: 'POST', path: 'v1/revocations', body, ...o }, revokedSchema),
    startSignIn: (body, o) =>
      http.json({ method: 'POST', path: 'auth/device', body, anonymous: true, ...o }, deviceSignInSchema),
    finishSignIn: (body, o) =>
      http.json(
        { method: 'POST', path: 'auth/device/token', body, anonymous: true, ...o },
        deviceTokenSchema,
      ),
    getSession: (o) => http.json({ method: 'GET', path: 'auth/session', ...o }, sessionViewSchema),
    leaveSession: async (o) => {
      await http.text({ method: 'POST', path: 'auth/logout', ...o });
    },

    isAlive: (o = {}) => ok('healthz', o),
    isReady: (o = {}) => ok('readyz', o),
  };
}
