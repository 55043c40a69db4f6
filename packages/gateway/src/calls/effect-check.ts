/** What an execution asks before it commits: whether what it measured is what people agreed to, or what policy lets through. */
import type { Preview, Requirement } from '@countersign/core';
import type { EffectCheck } from '../protocols/protocol.ts';
import { closest, isInside } from './binding.ts';
import { type DecideOptions, decideOn, type Judged } from './judge.ts';
import { bindingOf, digestKey } from './look.ts';
import type { Room } from './room.ts';

export interface CheckParts {
  readonly runId: string;
  /** What was shown to those who approved; null where nobody was asked. */
  readonly shown: Preview | null;
  /** What they were asked under; null where nobody was asked. */
  readonly approved: Requirement | null;
  /** What is required now; null where nobody has to be asked any more. */
  readonly required: Requirement | null;
  /** Where a rule speaks of the number of rows: what it decides over. */
  readonly question: Omit<DecideOptions, 'rows'> | null;
  /** Whether consent covers a decision. */
  consentHolds(judged: Judged): Promise<boolean>;
}

/** Undefined where nothing has to be measured. */
export function effectCheck(room: Room, parts: CheckParts): EffectCheck | undefined {
  const { shown, approved, required, question, runId } = parts;
  const bound = shown?.effect;
  if (bound === undefined && question === null) return undefined;
  const binding = closest(approved ?? {}, approved === null ? null : required);
  return {
    bind: bound === undefined ? 'counts' : bindingOf(binding),
    digestKey: digestKey(room, runId),
    async holds({ rows, effect }) {
      if (bound !== undefined && (effect === null || !isInside(effect, bound, binding))) return false;
      if (question === null) return true;
      const judged = decideOn(room, { ...question, rows });
      return judged.decision.verdict === 'allow' || (await parts.consentHolds(judged));
    },
  };
}
