/** Explains a call: how it would be decided, without making one. Runs nothing at the target. */
import {
  type CallInput,
  type Effect,
  type Lineage,
  maskNames,
  notExecutedText,
  type Principal,
  type Requirement,
  type Verdict,
} from '@countersign/core';
import { hasOpenOutcome } from '../store/memory.ts';
import { inputKey } from './call-keys.ts';
import { type Judging, judge } from './judge.ts';
import { connectionOf, type Room } from './room.ts';

/** What a call would do and how it would be decided, for people. */
export interface Explained {
  readonly decision: Verdict;
  /** `allowed`, `needs_approval`, or why not. */
  readonly code: string;
  /** For the model. */
  readonly reason: string;
  /** For people. */
  readonly detail: string;
  /** Empty where they could not be told. */
  readonly effects: readonly Effect[];
  /** Null where it could not be told. */
  readonly lineage: Lineage | null;
  /** The names of those that decided. */
  readonly rules: readonly string[];
  /** As outputs name them: `redact column:public.customers.ssn`. */
  readonly masks: readonly string[];
  /** Present exactly when the decision is `ask`. */
  readonly requirement: Requirement | null;
}

export interface ExplainedCall {
  readonly connection: string;
  readonly input: CallInput;
}

/** @throws {CountersignError} `unknown_connection`, `wrong_protocol`, `malformed` for what is no call at all. */
export function explain(
  room: Room,
  principal: Principal,
  call: ExplainedCall,
  signal: AbortSignal,
): Promise<Explained> {
  const key = inputKey(principal, call.connection, call.input);
  return explainWith(room, principal, call, () => hasOpenOutcome(room.db, key, null), signal);
}

/** The same without a store to ask for earlier calls. */
export async function explainWith(
  judging: Judging,
  principal: Principal,
  { connection, input }: ExplainedCall,
  earlierOutcomeOpen: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<Explained> {
  const connected = connectionOf(judging, connection);
  connected.target.parse(input);
  const judged = await judge(judging, { principal, connected, input, earlierOutcomeOpen, signal });
  const { analysis, decision, message } = judged;
  const { verdict, code } = decision;
  return {
    decision: verdict,
    code,
    reason:
      code === 'allowed' || code === 'needs_approval' ? decision.reason : notExecutedText(code, message),
    detail: decision.detail,
    effects: analysis?.effects ?? [],
    lineage: analysis?.lineage ?? null,
    rules: decision.rules,
    masks: maskNames(decision.masks),
    requirement: decision.requirement,
  };
}
