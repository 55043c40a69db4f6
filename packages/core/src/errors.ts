/**
 * Every error and every reason for a denial, in one table. Each has a code that never changes its meaning, the HTTP
 * status it travels with, whether trying again can help, and what each audience may read: the model (safe, no data, no
 * policy internals), the approver, the operator. `what` and `expected` are filled in from the error's details.
 */

/** Whether trying again can help: never the same call; the same call later; a new call, which asks afresh. */
export type Retry = 'no' | 'later' | 'new_call';

/** What the table says of one code. */
export interface ErrorEntry {
  /** The HTTP status of an answer that is nothing but this error. */
  readonly status: number;
  /** Whether trying again can help. */
  readonly retry: Retry;
  /** For the model. Holds no data, and no name of a rule. */
  readonly model: string;
  /** For people: the approver and the operator also read the error's own details. */
  readonly people: string;
}

const entry = (status: number, retry: Retry, model: string, people = model): ErrorEntry => ({
  status,
  retry,
  model,
  people,
});

/** Every code. `docs/errors.md` is written from it. */
export const errorTable = Object.freeze({
  // What is wrong with a request.
  malformed: entry(400, 'no', 'The request was malformed.', 'The request was malformed.'),
  too_large: entry(413, 'no', 'The request is larger than allowed.'),
  unauthenticated: entry(
    401,
    'no',
    'The gateway does not accept this token.',
    'No valid token: missing, unknown, expired or revoked.',
  ),
  token_refused: entry(
    401,
    'no',
    'The gateway cannot take this token as it is.',
    'The token is genuine, and says too little, or what cannot be taken.',
  ),
  wrong_actor: entry(
    403,
    'no',
    'This token may not use this route.',
    'The route is for another class of token.',
  ),
  cross_site: entry(
    403,
    'no',
    'The request does not come from a page of this gateway.',
    'A request of a browser session came from another site, or without the session’s own x-countersign-csrf.',
  ),
  not_found: entry(404, 'no', 'There is no such thing, or it belongs to someone else.'),
  unsupported_media_type: entry(415, 'no', 'The body must be application/json.'),
  rate_limited: entry(429, 'later', 'Too many requests; wait before the next one.'),
  unknown_connection: entry(404, 'no', 'There is no such connection.'),
  wrong_protocol: entry(400, 'no', 'The connection speaks another protocol.'),

  // The gateway itself.
  unavailable: entry(
    503,
    'later',
    'The gateway cannot decide right now.',
    'The store or another part the gateway needs is not available.',
  ),
  shutting_down: entry(503, 'later', 'The gateway is shutting down.'),
  internal: entry(
    500,
    'later',
    'The gateway failed; nothing more is known.',
    'A fault in the gateway; its log has the details.',
  ),
  unreachable: entry(503, 'later', 'The gateway could not be reached.'),

  // Calls.
  call_conflict: entry(
    409,
    'no',
    'A different call with this call id exists already.',
    'The same principal, run, tool and call id came with another input.',
  ),
  digest_mismatch: entry(
    409,
    'no',
    'The call is not the one that was decided.',
    'The digest names another input than the one the gateway stored.',
  ),
  not_decided: entry(409, 'new_call', 'The call had not been decided; it was cancelled.'),
  in_progress: entry(409, 'later', 'The call is running.'),
  result_expired: entry(410, 'no', 'The call has run; its result is no longer kept.'),
  expired: entry(
    409,
    'new_call',
    'The approval came too late or was not used in time.',
    'One of the two clocks ran out.',
  ),
  rejected: entry(403, 'no', 'A person rejected this call.'),
  cancelled: entry(409, 'no', 'The call was cancelled.'),
  stopped: entry(
    403,
    'no',
    'An operator has stopped this; nothing runs until it is lifted.',
    'A stop is in force.',
  ),

  // Denials by policy.
  no_rule: entry(403, 'no', 'No rule allows this.', 'No rule covers one of the effects.'),
  denied_by_rule: entry(403, 'no', 'A rule forbids this.'),
  filter_on_masked: entry(
    403,
    'no',
    'A protected column may not be used to filter, join, sort, group, aggregate or compute. Select it as it is, or leave it out.',
    'A masked column decides what comes out.',
  ),
  carries_mask: entry(
    403,
    'no',
    'The call carries a masked value. A mask is not data and is never written back.',
    'A write carries the text of a mask.',
  ),
  policy_tightened: entry(403, 'no', 'Policy changed since the call was decided, and forbids it now.'),
  ask_again: entry(
    409,
    'new_call',
    'The consent given is no longer enough. Calling again asks again.',
    'The decision at the claim needs more than the votes of today meet.',
  ),
  earlier_outcome_open: entry(
    409,
    'no',
    'An identical earlier call may have taken effect; its outcome has to be settled by a person first.',
    'An earlier write with the same input is unknown, or finished and never fetched.',
  ),
  rejected_recently: entry(
    403,
    'no',
    'A person rejected the same thing a short while ago. Do not ask for it again.',
    'Rejection memory.',
  ),
  too_many_waiting: entry(429, 'later', 'Too many calls are waiting for people already.'),
  too_many_asks: entry(429, 'later', 'People have been asked too often in the last hour.'),
  too_large_to_review: entry(403, 'no', 'The call is too large for a person to review. Make it smaller.'),

  // Denials by analysis.
  unknown_effect: entry(403, 'no', 'What this would do cannot be told, so it is not allowed.'),
  parse_failed: entry(400, 'no', 'The text could not be parsed.'),
  unknown_object: entry(400, 'no', 'The text names something that does not exist.'),
  not_supported: entry(403, 'no', 'This kind of statement is not supported.'),
  needs_native_session: entry(
    403,
    'no',
    'This needs a session of its own, which a single call does not have.',
  ),
  must_stand_alone: entry(400, 'no', 'This statement has to be sent alone, without others.'),
  target_unavailable: entry(503, 'later', 'The target cannot be reached.'),
  address_refused: entry(
    403,
    'no',
    'The target is at an address that this connection may not reach.',
    'The target’s name leads to an address that is not public and not under allow_addresses.',
  ),

  // Failures of an execution.
  target_error: entry(502, 'no', 'The target refused it.', 'The target answered with an error.'),
  schema_changed: entry(
    409,
    'new_call',
    'The schema changed since the call was decided. Nothing took effect; call again.',
  ),
  effect_drift: entry(
    409,
    'new_call',
    'The effect would have been other than shown. Nothing took effect; call again.',
  ),
  effect_unsteady: entry(
    403,
    'no',
    'The effect keeps changing between the approval and the execution. Do not ask for it again in this run; tell the user.',
    'Two approved executions of this run were rolled back already, because their effect was other than shown.',
  ),
  cannot_bind: entry(
    403,
    'no',
    'Not all that this would change can be known beforehand, so it can’t be approved here.',
    'The effect can’t be bound exactly. A rule that asks with "bind: counts" lets people approve the numbers of rows.',
  ),
  result_too_large: entry(413, 'no', 'The result is larger than allowed. Nothing took effect; ask for less.'),
  timed_out: entry(504, 'no', 'It took longer than allowed.'),
  outcome_unknown: entry(
    502,
    'no',
    'It may have taken effect; the outcome is not known. Do not repeat it; tell the user.',
  ),
  wall_refused: entry(
    403,
    'no',
    'The database refused it.',
    'The second wall refused what the analysis had called harmless.',
  ),
  beyond_effects: entry(
    403,
    'no',
    'It tried to do more than was decided, and was ended there.',
    'A request that the decided effects do not cover was refused, and the call ended there.',
  ),

  // Votes.
  already_decided: entry(409, 'no', 'The approval is no longer waiting.'),
  not_eligible: entry(403, 'no', 'You may not vote on this.', 'The voter is in none of the groups asked.'),
  own_request: entry(
    403,
    'no',
    'You may not vote on your own request.',
    'The voter owns the requester, or is the person it acts for.',
  ),
  unmapped_account: entry(
    403,
    'no',
    'Your account belongs to no one under people.',
    'The account is not listed under people, so it cannot vote.',
  ),
  already_voted: entry(409, 'no', 'You have voted already.'),
  reason_required: entry(400, 'no', 'A vote on this needs a reason.'),
  sign_in_again: entry(
    403,
    'no',
    'An approval of this needs a fresh sign-in for it.',
    'A rule asks for a fresh sign-in, made for this very approval.',
  ),

  // Signing in.
  sign_in_failed: entry(400, 'no', 'The sign-in did not succeed.'),
  sign_in_pending: entry(409, 'later', 'The person has not signed in yet.'),

  // Parked runs.
  run_taken: entry(409, 'later', 'Another process has taken this parked run.'),
  lease_lost: entry(
    409,
    'no',
    'The lease on this parked run is over.',
    'The lease lapsed and another process took the run, or the run was finished.',
  ),
  too_many_parked: entry(429, 'later', 'Too many runs are parked already; finish some first.'),
  not_parkable: entry(409, 'no', 'This run cannot be parked.'),
  state_unreadable: entry(
    409,
    'no',
    'The parked state cannot be opened.',
    'The parked state was changed, was parked by or for another, or under another state key.',
  ),
  state_outdated: entry(409, 'no', 'The parked state no longer fits this application.'),

  // Configuration and the local machine.
  config_invalid: entry(400, 'no', 'The configuration is not valid.'),
  data_locked: entry(409, 'no', 'Another process uses the data folder.'),
  data_damaged: entry(500, 'no', 'The data folder cannot be read.'),
  ledger_inconsistent: entry(409, 'no', 'The ledger is not consistent.'),
} as const satisfies Record<string, ErrorEntry>);

/** A code of the table. Codes are never removed, and never change their meaning. */
export type ErrorCode = keyof typeof errorTable;

/** Whether it is a code of the table: what a newer gateway sends may not be. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}
