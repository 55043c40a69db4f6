/** Where tokens may be put back to their values. */
import { maskKinds, type Resource } from '@countersign/core';
import type { Policy } from '../policy.ts';
import { compile } from './compiled-policy.ts';
import { masksFor, masksOfColumn } from './mask-plan.ts';
import type { Question } from './question.ts';

/**
 * The domains whose values may be written to a column: those of the masks that hide it, where it is hidden at least as
 * strictly as by a token.
 */
export function tokenDomains(policy: Policy, question: Question, column: Resource): ReadonlySet<string> {
  const masks = masksOfColumn(masksFor(compile(policy).masks, question), question, column);
  const strictest = Math.min(...masks.map(({ mask }) => maskKinds.indexOf(mask.with)));
  const isHidden = strictest <= maskKinds.indexOf('tokenize');
  return new Set(isHidden ? masks.map(({ mask }) => mask.domain) : []);
}
