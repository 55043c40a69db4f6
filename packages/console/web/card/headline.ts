/** What a call would do, in one line: the first of its effects in words, and how many more there are. */
import type { Preview } from '@countersign/core';

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function headline({ words, protocol }: Pick<Preview, 'words' | 'protocol'>): string {
  const [first, ...more] = words;
  if (first === undefined) return `Runs something on ${protocol} that has no effect with a name`;
  if (more.length === 0) return upper(first);
  return `${upper(first)}, and ${more.length} more ${more.length === 1 ? 'effect' : 'effects'}`;
}
