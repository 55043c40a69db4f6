/** How often each rule or mask decided a call that was submitted here, since this gateway started. Kept in memory. */
import type { PolicyView } from '@countersign/core';
import type { Policy } from '@countersign/policy';
import type { Runtime } from '../runtime/runtime.ts';

export interface Matched {
  /** Counts a decision, once for each rule that made it. */
  count(rules: readonly string[]): void;
  /** The counts of the rules and masks that are in force. */
  view(policy: Policy): Pick<PolicyView, 'matched' | 'matched_since'>;
}

export function createMatched({ now }: Pick<Runtime, 'now'>): Matched {
  const since = now();
  const counts = new Map<string, { times: number; last: number }>();
  return {
    count: (rules) => {
      for (const rule of rules) {
        const count = counts.get(rule) ?? { times: 0, last: 0 };
        count.times++;
        count.last = now();
        counts.set(rule, count);
      }
    },
    view: ({ rules, masks }) => ({
      matched: [...new Set([...rules, ...masks].map(({ name }) => name))].map((rule) => {
        const { times, last } = counts.get(rule) ?? { times: 0, last: null };
        return { rule, times, last: last === null ? null : new Date(last).toISOString() };
      }),
      matched_since: new Date(since).toISOString(),
    }),
  };
}
