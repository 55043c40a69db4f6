/** Effects on one line, as the policy names them. */
import type { Effect } from '@countersign/core';

export function effectsInShort(effects: readonly Pick<Effect, 'action' | 'resource'>[]): string {
  const [first, ...more] = effects;
  if (first === undefined) return 'nothing that has a name';
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  return `${first.action} ${first.resource}${rest}`;
}
