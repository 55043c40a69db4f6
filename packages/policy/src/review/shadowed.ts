/** Rules that a stricter one always outdoes: what they say makes no difference to any call. */
import { type Finding, warning } from '@countersign/core';
import type { LoadedFile, Rule } from '../policy.ts';
import { connectionsOf, contains } from './contains.ts';

const strictness = Object.freeze({ allow: 0, ask: 1, deny: 2 });

/** In the order of the file. Only a rule without `except` surely outdoes another. */
export function shadowedRules({ policy, connections }: LoadedFile): readonly Finding[] {
  return policy.rules.flatMap((rule) => {
    if (connectionsOf(rule, connections).length === 0) return [];
    const by = policy.rules.find((other) => outdoes(other, rule) && contains(other, rule, connections));
    if (by === undefined) return [];
    return [
      warning(
        'rule.shadowed',
        `rule "${rule.name}" (${rule.then.verdict}) makes no difference: "${by.name}" (${by.then.verdict}) is stricter and speaks of all that it does`,
        `Remove "${rule.name}", or take its part out of "${by.name}" with "except".`,
      ),
    ];
  });
}

function outdoes(other: Rule, rule: Rule): boolean {
  if (
    other.except !== undefined ||
    other.when !== undefined ||
    strictness[other.then.verdict] <= strictness[rule.then.verdict]
  )
    return false;
  // Moving protected data is let through only by a rule that names exactly this, so only such an ask outdoes one.
  const names = ({ actions }: Rule) => actions?.includes('secret.move') ?? false;
  return other.then.verdict === 'deny' || !names(rule) || names(other);
}
