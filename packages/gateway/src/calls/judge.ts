/**
 * Judges a call: effects and lineage from its target, then policy. Whatever goes wrong on the way is a denial with the
 * code of what went wrong; nothing here can end in allow by accident, because only `decide` says allow.
 */
import {
  type CallInput,
  CountersignError,
  type Decision,
  type ErrorCode,
  errorTable,
  type Json,
  noMasks,
  type Principal,
} from '@countersign/core';
import { decide } from '@countersign/policy';
import { carriesMask } from '../masking/replacements.ts';
import type { Analysis } from '../protocols/protocol.ts';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { faultOf } from '../store/store-fault.ts';
import type { Connected, Current, Log } from './room.ts';
import type { StopBoard } from './stop-board.ts';
import { tellReach } from './tell-reach.ts';
import { textsIn } from './tokens.ts';

export interface Judged {
  /** Null where there was none: the text could not be parsed, the target not be reached. */
  readonly analysis: Analysis | null;
  readonly decision: Decision;
  /** The words a denial has for the model over and above its code; null where the code says it all. */
  readonly message: string | null;
  /** The input as the target snapshotted it; null where it could not. */
  readonly parsed: Json | null;
  /** The version of the policy that decided; null where it did not come to that. */
  readonly policy: string | null;
}

export interface JudgeOptions {
  readonly principal: Principal;
  readonly connected: Connected;
  readonly input: CallInput;
  /** Asks the store whether an identical earlier write is open; asked only for calls that change something. */
  readonly earlierOutcomeOpen: () => Promise<boolean>;
  /** Puts the tokens of a write back to their values; null where it carries a mask that can't be. Absent: none can be. */
  readonly putBack?: (analysis: Analysis, parsed: Json) => Promise<Json | null>;
  readonly signal: AbortSignal;
}

/** What judging needs of the room: policy, stops, and somewhere to say that something broke. */
export interface Judging {
  current(): Current;
  readonly stops: Pick<StopBoard, 'holds'>;
  readonly log: Pick<Log, 'error' | 'warn'>;
}

export async function judge(room: Judging, options: JudgeOptions): Promise<Judged> {
  const { principal, connected, input, signal } = options;
  let parsed: Json | null = null;
  let analysis: Analysis | null = null;
  try {
    if (room.stops.holds(principal.id, connected.config.name))
      return denied('stopped', 'a stop is in force', null);
    parsed = connected.target.parse(input);
    analysis = await connected.target.analyse(parsed, signal);
    if (changesSomething(analysis) && textsIn(input).some(carriesMask)) {
      const restored = (await options.putBack?.(analysis, parsed)) ?? null;
      if (restored === null)
        return { ...denied('carries_mask', errorTable.carries_mask.people, null), analysis, parsed };
      parsed = restored;
      // What goes wrong with a text that holds values now is not told in words of that text.
      analysis = await connected.target.analyse(restored, signal).catch((cause: unknown) => {
        throw new CountersignError('carries_mask', {}, { cause });
      });
    }
    const earlierOutcomeOpen = changesSomething(analysis) && (await options.earlierOutcomeOpen());
    return decideOn(room, { principal, connected, analysis, parsed, earlierOutcomeOpen });
  } catch (thrown) {
    const error = faultOf(thrown);
    tellReach(room.log, connected, error);
    if (error.code === 'internal')
      room.log.error({ err: faultForLog(error.cause), connection: connected.config.name }, 'judging failed');
    // What the analysis says of a text is about the agent's own text, and is what it needs to mend it.
    return { ...denied(error.code, error.toOperator(), error.details.what ?? null), analysis, parsed };
  }
}

export interface DecideOptions {
  readonly principal: Principal;
  readonly connected: Connected;
  readonly analysis: Analysis;
  readonly parsed: Json;
  readonly earlierOutcomeOpen: boolean;
  /** Rows it changes, or returns; null where that can't be told, absent where nobody has looked. */
  readonly rows?: number | null;
}

/** Decides over an analysis that stands. */
export function decideOn(
  room: Pick<Judging, 'current'>,
  { principal, connected, analysis, parsed, earlierOutcomeOpen, rows }: DecideOptions,
): Judged {
  const { name, protocol, labels } = connected.config;
  const { effects, lineage } = analysis;
  const { policy } = room.current();
  const decision = decide(policy, {
    principal,
    connection: { name, protocol, labels },
    effects,
    lineage,
    earlierOutcomeOpen,
    ...(rows === undefined ? {} : { rows }),
  });
  return { analysis, decision, message: messageOf(decision), parsed, policy: policy.version };
}

export function denied(code: ErrorCode, detail: string, message: string | null): Judged {
  const reason = message ?? errorTable[code].model;
  const decision: Decision = {
    verdict: 'deny',
    code,
    reason,
    detail,
    rules: [],
    requirement: null,
    startWithinMs: 0,
    masks: noMasks,
  };
  return { analysis: null, decision, message, parsed: null, policy: null };
}

function messageOf(decision: Decision): string | null {
  if (decision.verdict !== 'deny') return null;
  const { code, reason } = decision;
  return code !== 'allowed' && code !== 'needs_approval' && reason === errorTable[code].model ? null : reason;
}

/** Whether any effect is more than a read. */
export function changesSomething(analysis: Pick<Analysis, 'effects'>): boolean {
  return analysis.effects.some(
    ({ action }) =>
      !(
        action === 'read' ||
        action.startsWith('read.') ||
        action === 'secret' ||
        action.startsWith('secret.')
      ),
  );
}
