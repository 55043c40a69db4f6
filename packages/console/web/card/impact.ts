/** How much a call would touch, in words. */
import type { Preview, TableChanges } from '@countersign/core';
import { counted, number } from '../words.ts';

/** `3 rows`, `about 12,000 rows`, `not known how many rows`. */
export function howMuch({ impact: { count, unit, how } }: Preview): string {
  if (count === null) return `not known how many ${unit}`;
  return how === 'trial' ? counted(count, unit) : `about ${counted(count, unit)}`;
}

/** Where that number comes from. */
export function howKnown({ impact: { count, how, why } }: Preview): string {
  const because = why === null ? '' : ` (${why})`;
  if (count === null) return why ?? '';
  return how === 'trial'
    ? `counted in a trial that was rolled back${because}`
    : `the target’s own estimate${because}`;
}

/** `3 changed, 1 removed`. */
export function changes({ inserted, updated, deleted }: TableChanges): string {
  const said = [
    [inserted, 'added'],
    [updated, 'changed'],
    [deleted, 'removed'],
  ] as const;
  const told = said.filter(([count]) => count > 0).map(([count, word]) => `${number(count)} ${word}`);
  return told.length === 0 ? 'nothing' : told.join(', ');
}
