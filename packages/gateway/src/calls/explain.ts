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
import { judge } from './judge.ts';
import { connectionOf, type Room } from './room.ts';

export interface Explained {
  readonly decision: Verdict;
  readonly code: string;
  /** For the model. */
  readonly reason: string;
  /** For people. */
  readonly detail: string;
  readonly effects: readonly Effect[];
  readonly lineage: Lineage | null;
  readonly rules: readonly string[];
  readonly masks: readonly string[];
  readonly requirement: Requirement | null;
}

/** @throws {CountersignError} `unknown_connection`, `wrong_protocol`, `malformed` for what is no call at all. */
export async function explain(
  room: Room,
  principal: Principal,
  call: { connection: string; input: CallInput },
  signal: AbortSignal,
): Promise<Explained> {
  const connected = connectionOf(room, call.connection);
  connected.target.parse(call.input);
  const key = inputKey(principal, call.connection, call.input);
  const earlierOutcomeOpen = () => hasOpenOutcome(room.db, key, null);
  const { analysis, decision, message } = await judge(room, {
    principal,
    connected,
    input: call.input,
    earlierOutcomeOpen,
    signal,
  });
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
