/** Effects on one line, as the policy names them. */
import type { Effect } from '@countersign/core';

/** The first one to tell: a change before a read, a direct one before what it brings about. */
const rank = ({ action, via }: Pick<Effect, 'action' | 'via'>): number =>
  (action.startsWith('read') ? 2 : 0) + (via === undefined ? 0 : 1);

export function effectsInShort(effects: readonly Pick<Effect, 'action' | 'resource' | 'via'>[]): string {
  const [first, ...more] = [...effects].sort((a, b) => rank(a) - rank(b));
  if (first === undefined) return 'nothing that has a name';
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  return `${first.action} ${first.resource}${rest}`;
}
