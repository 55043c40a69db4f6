/** A call's state, as a word and a colour. */
import type { CallState } from '@countersign/core';

const words: Readonly<
  Record<CallState, readonly [word: string, tone: 'calm' | 'good' | 'bad' | 'wait' | 'odd']>
> = {
  submitted: ['being judged', 'calm'],
  allowed: ['allowed', 'good'],
  waiting: ['waits for people', 'wait'],
  denied: ['denied', 'bad'],
  approved: ['approved', 'good'],
  rejected: ['rejected', 'bad'],
  expired: ['expired', 'calm'],
  cancelled: ['cancelled', 'calm'],
  claimed: ['running', 'wait'],
  succeeded: ['succeeded', 'good'],
  failed: ['failed', 'bad'],
  unknown: ['outcome unknown', 'odd'],
};

export const stateInWords = (state: CallState): string => words[state][0];

export function StateMark({ state }: { readonly state: CallState }) {
  const [word, tone] = words[state];
  return <span class={`state ${tone}`}>{word}</span>;
}
