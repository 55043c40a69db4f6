/**
 * A store belongs to one set of keys. Another set can't read what stands in it, and would sign heads of the same ledger
 * by a second key: a gateway that was given its own keys, or whose keys were lost, has to be told before it writes.
 */
import { createPublicKey } from 'node:crypto';
import { CountersignError } from '@countersign/core';
import { latestHead } from '../store/read-ledger.ts';
import type { Database } from '../store/store.ts';
import { type Keys, keyName } from './keys.ts';

/**
 * @param file Where the keys come from, for the message.
 * @throws {CountersignError} `config_invalid` where the store's last head was signed by another key.
 */
export async function insistOnKeys(db: Database, keys: Keys, file: string): Promise<void> {
  const head = await latestHead(db);
  const own = keyName(createPublicKey(keys.publicKeyPem));
  if (head === null || head.key === own) return;
  throw new CountersignError('config_invalid', {
    what: `the store was written with the keys ${head.key}, and ${file} holds ${own}`,
    expected: 'the keys file that its first gateway made, at that place or named by COUNTERSIGN_KEYS',
  });
}
