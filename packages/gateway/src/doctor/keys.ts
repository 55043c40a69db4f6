/** The keys file: without it the store's contents can't be read, and with it anyone could sign a ledger. */
import { existsSync } from 'node:fs';
import { type Finding, fine, problem } from '@countersign/core';
import { privateTo } from './file-modes.ts';

/**
 * @param file Where it is, or will be made.
 * @param used Whether there is a store already that was written with keys.
 */
export async function inspectKeys(file: string, used: boolean): Promise<Finding> {
  const name = 'keys.file';
  return await privateTo({
    name,
    path: file,
    what: 'the keys file',
    missing:
      used && !existsSync(file)
        ? problem(
            name,
            `there is a store, but not the keys it was written with (${file})`,
            'Restore the file from its backup, or point COUNTERSIGN_KEYS at it: new keys can’t read what is there.',
          )
        : fine(name, `the keys file ${file} is made at the first start`),
  });
}
