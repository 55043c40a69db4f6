/** Which locks a call takes, what they keep others from, and whether it writes a table anew: for the card. */
import { baseAction, type Effect } from '@countersign/core';
import { type LockMode, lockModes } from '@countersign/postgres';
import type { Plan } from './effects.ts';

const meaning: Readonly<Record<LockMode, string>> = {
  'ACCESS SHARE': 'others read and write on',
  'ROW SHARE': 'others read and write on, but for the rows it locks',
  'ROW EXCLUSIVE': 'others read and write on, but for the rows it changes',
  'SHARE UPDATE EXCLUSIVE': 'others read and write on; other changes of the schema wait',
  SHARE: 'others read on, and nobody writes until it is done',
  'SHARE ROW EXCLUSIVE': 'others read on, and nobody writes until it is done',
  EXCLUSIVE: 'others read on, and nobody writes until it is done',
  'ACCESS EXCLUSIVE': 'nobody reads or writes until it is done',
};

/** Empty for a call that only reads, and where it can't be told. */
export function locksInWords({ statements }: Plan, effects: readonly Effect[]): readonly string[] {
  const locks = statements.flatMap(({ lock, readOnly }) => (lock && !readOnly ? [lock] : []));
  if (locks.length === 0) return [];
  const mode =
    lockModes[Math.max(...locks.map((lock) => lockModes.indexOf(lock.mode)))] ?? 'ACCESS EXCLUSIVE';
  const tables = new Set(
    effects
      .filter(
        ({ action, resource, via }) =>
          via === undefined && baseAction(action) !== 'read' && resource.startsWith('table:'),
      )
      .map(({ resource }) => decodeURIComponent(resource.slice('table:'.length))),
  );
  const on = tables.size === 0 ? '' : ` on ${[...tables].join(', ')}`;
  const changesSchema = statements.some(({ standsAlone }) => standsAlone);
  return [`${mode}${on}: ${meaning[mode]}`, ...(changesSchema ? [rewritesInWords(locks)] : [])];
}

function rewritesInWords(locks: readonly { readonly rewrites: 'no' | 'perhaps' | 'yes' }[]): string {
  if (locks.some(({ rewrites }) => rewrites === 'yes')) return 'it writes the whole table anew meanwhile';
  if (locks.some(({ rewrites }) => rewrites === 'perhaps'))
    return 'it may have to write the whole table anew meanwhile';
  return 'it writes no table anew';
}
