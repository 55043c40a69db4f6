/**
 * What using a masked column does where it decides what comes out: in WHERE, ORDER BY, GROUP BY, a join, an aggregate.
 * The value can be inferred from what comes back, so it is denied unless the mask says otherwise.
 */
import type { ColumnUse } from '@countersign/core';
import type { MaskRule } from '../policy.ts';
import type { CompiledMask } from './compiled-mask.ts';
import { masksOfColumn } from './mask-plan.ts';
import type { Question } from './question.ts';

export interface MaskedUse {
  readonly mask: MaskRule;
  /** Null where the analysis could not tell which columns decide. */
  readonly use: ColumnUse | null;
}

export interface UsesJudgement {
  readonly denied: readonly MaskedUse[];
  readonly asked: readonly MaskedUse[];
}

export function judgeUses(masks: readonly CompiledMask[], question: Question): UsesJudgement {
  const { uses, usesProven } = question.lineage;
  const denied: MaskedUse[] = [];
  const asked: MaskedUse[] = [];
  for (const use of uses)
    for (const { mask } of masksOfColumn(masks, question, use.column)) {
      if (mask.filter.verdict === 'deny') denied.push({ mask, use });
      else if (mask.filter.verdict === 'ask') asked.push({ mask, use });
    }
  if (!usesProven)
    for (const { mask, columns } of masks)
      if (columns.length > 0 && mask.filter.verdict !== 'allow') denied.push({ mask, use: null });
  return { denied, asked };
}
