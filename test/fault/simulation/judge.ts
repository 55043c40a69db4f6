/**
 * What has to be true of every story, whatever went wrong in it. It is judged from the ledger, from what the target has
 * and from what clients were told; by rules written down here anew, and not by asking the product.
 */
import type { LedgerEvent } from '@countersign/core';
import { judgeConsent } from './judge-consent.ts';
import { judgeParkedRuns } from './judge-runs.ts';
import type { CallAtEnd, StoryRecord } from './record.ts';
import type { Answer } from './stage.ts';

export interface Evidence extends StoryRecord {
  readonly answers: readonly Answer[];
  /** How often each call took effect at the target, and how often its statement reached it. */
  readonly effects: ReadonlyMap<string, number>;
  readonly dispatches: ReadonlyMap<string, number>;
}

/** The states that follow a state, in the record of one call; the first has none before it. */
const follows: Readonly<Record<string, readonly string[]>> = {
  '': ['submitted', 'allowed', 'denied'],
  submitted: ['waiting', 'denied', 'cancelled'],
  waiting: ['approved', 'rejected', 'denied', 'expired', 'cancelled'],
  allowed: ['claimed', 'denied', 'expired', 'cancelled'],
  approved: ['claimed', 'denied', 'expired', 'cancelled'],
  claimed: ['succeeded', 'failed', 'unknown'],
};
const states = new Set(Object.values(follows).flat());
const neverClaimed = ['denied', 'rejected', 'expired', 'cancelled'];

export function judge(evidence: Evidence, violated: (what: string) => void): void {
  judgeStops(evidence, violated);
  for (const call of evidence.calls) {
    const events = evidence.events.filter((event) => event.call === call.id);
    judgeMoves(call, events, violated);
    judgeClocks(call, events, violated);
    judgeOutcome(call, events, evidence, violated);
    judgeConsent(call, events, violated);
  }
  judgeAnswers(evidence, violated);
  judgeParkedRuns(evidence.events, violated);
}

const stateIn = ({ type }: LedgerEvent): string | null => {
  const state = type.startsWith('call.') ? type.slice('call.'.length) : '';
  return states.has(state) ? state : null;
};

/** Every move stands in the ledger once, and follows from the one before; the last is where the call is. */
function judgeMoves(call: CallAtEnd, events: readonly LedgerEvent[], violated: (what: string) => void): void {
  let state = '';
  for (const event of events) {
    const next = stateIn(event);
    if (next === null) continue;
    if (follows[state]?.includes(next) !== true) violated(`${call.id} went from ${state} to ${next}`);
    state = next;
  }
  if (state !== call.state) violated(`${call.id} is ${call.state}, its record ends with ${state}`);
  if (['submitted', 'waiting', 'allowed', 'approved', 'claimed'].includes(state))
    violated(`${call.id} was left ${state}`);
}

/** Votes count and claims happen while their clock runs, by the store's time. */
function judgeClocks(
  call: CallAtEnd,
  events: readonly LedgerEvent[],
  violated: (what: string) => void,
): void {
  const at = (type: string) => {
    const event = events.find((one) => one.type === type);
    return event === undefined ? null : Date.parse(event.at);
  };
  const waiting = events.find(({ type }) => type === 'call.waiting');
  const requirement = waiting?.data['requirement'] as
    | { voteWithinMs: number; startWithinMs: number }
    | undefined;
  if (waiting !== undefined && requirement !== undefined) {
    const voteBy = Date.parse(waiting.at) + requirement.voteWithinMs;
    for (const event of events)
      if (
        ['vote.cast', 'call.approved', 'call.rejected'].includes(event.type) &&
        Date.parse(event.at) >= voteBy
      )
        violated(`${call.id} has a ${event.type} after its time to vote`);
  }
  const decided = at('call.approved') ?? at('call.allowed');
  const startWithinMs = requirement?.startWithinMs ?? call.start_within_ms;
  const claimed = at('call.claimed');
  if (claimed !== null && decided !== null && claimed >= decided + startWithinMs)
    violated(`${call.id} was claimed after its time to start`);
}

/** What the target has agrees with what is recorded, and a claim stands before everything that ran. */
function judgeOutcome(
  call: CallAtEnd,
  events: readonly LedgerEvent[],
  { effects, dispatches }: Evidence,
  violated: (what: string) => void,
): void {
  const happened = effects.get(call.id) ?? 0;
  const sent = dispatches.get(call.id) ?? 0;
  const claims = events.filter(({ type }) => type === 'call.claimed').length;
  if (sent > 1) violated(`${call.id} reached the target ${sent} times`);
  if (happened > 1) violated(`${call.id} took effect ${happened} times`);
  if (sent + happened > 0 && claims === 0) violated(`${call.id} ran without a claim in the record`);
  if (happened === 1 && neverClaimed.includes(call.state))
    violated(`${call.id} took effect and is ${call.state}`);
  if (!call.writes) return;
  if (happened === 1 && call.state === 'failed') violated(`${call.id} took effect and is failed`);
  if (happened === 0 && call.state === 'succeeded') violated(`${call.id} succeeded without an effect`);
  for (const { type, data } of events)
    if (['call.succeeded', 'call.failed', 'call.unknown'].includes(type) && data['epoch'] !== call.epoch)
      violated(`${call.id} has its outcome from an owner that was fenced`);
  for (const late of events.filter(({ type }) => type === 'call.late_outcome')) {
    const { outcome } = late.data as { readonly outcome: string };
    if (outcome !== 'unknown' && (outcome === 'succeeded') !== (happened === 1))
      violated(`${call.id} has the late outcome ${outcome}, with ${happened} effects`);
  }
}

/** From the moment a stop stands in the record until it is lifted nothing it covers is claimed, asked or approved. */
function judgeStops({ events, calls }: Evidence, violated: (what: string) => void): void {
  const inForce = new Map<string, (call: CallAtEnd) => boolean>();
  const callOf = new Map(calls.map((call) => [call.id, call]));
  for (const { type, call, data } of events) {
    const { stop, kind, subject } = data as Readonly<Record<string, string>>;
    if (type === 'stop.made')
      inForce.set(String(stop), (one) =>
        kind === 'all' ? true : kind === 'principal' ? one.principal === subject : one.connection === subject,
      );
    if (type === 'stop.lifted') inForce.delete(String(stop));
    const stopped = callOf.get(call ?? '');
    if (stopped === undefined || !['call.claimed', 'call.waiting'].includes(type)) continue;
    for (const holds of inForce.values())
      if (holds(stopped)) violated(`${stopped.id} has a ${type} during a stop`);
  }
}

/** What somebody was told stays true: what ended has ended that way, a vote or a stop that was taken is in the record. */
function judgeAnswers({ answers, calls, events }: Evidence, violated: (what: string) => void): void {
  const stateOf = new Map(calls.map(({ id, state }) => [id, state]));
  for (const answer of answers) {
    switch (answer.kind) {
      case 'call': {
        const state = stateOf.get(answer.call);
        if (state === undefined) violated(`${answer.call} is gone, and somebody was told of it`);
        else if (follows[answer.state] === undefined && state !== answer.state)
          violated(`${answer.call} is ${state}, and somebody was told it is ${answer.state}`);
        break;
      }
      case 'vote': {
        const cast = events.filter(
          ({ type, data }) =>
            type === 'vote.cast' &&
            data['approval'] === answer.approval &&
            data['account'] === answer.account,
        );
        if (cast.length !== 1) violated(`a vote on ${answer.approval} is in the record ${cast.length} times`);
        break;
      }
      case 'stop': {
        const made = events.filter(({ type, data }) => type === 'stop.made' && data['stop'] === answer.stop);
        if (made.length !== 1) violated(`${answer.stop} is in the record ${made.length} times`);
      }
    }
  }
}
