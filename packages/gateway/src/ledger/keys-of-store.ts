/**
 * A store belongs to one set of keys. Another set can't read what stands in it, and would sign heads of the same ledger
 * by a second key: a gateway that was given its own keys, or whose keys were lost, has to be told before it writes.
 */
import { createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { CountersignError } from '@countersign/core';
import { findKeysName, keepKeysName } from '../store/keys-name.ts';
import type { Database } from '../store/store.ts';
import { fileKeys, type Keys, keyName } from './keys.ts';

const expected = 'the keys file that its first gateway made, at that place or named by COUNTERSIGN_KEYS';

/**
 * Reads the keys of a store, or makes them where the store is new.
 *
 * @throws {CountersignError} `config_invalid` where the store was written with other keys, or the file is not there any
 * more; what reading the file throws.
 */
export async function keysOfStore(db: Database, file: string): Promise<Keys> {
  const before = await findKeysName(db);
  if (before !== null && !existsSync(file))
    throw new CountersignError('config_invalid', {
      what: `the store was written with the keys ${before}, and there is no ${file}`,
      expected,
    });
  const keys = fileKeys(file);
  const own = keyName(createPublicKey(keys.publicKeyPem));
  if (before === null) await keepKeysName(db, own);
  const name = before ?? (await findKeysName(db));
  if (name === own) return keys;
  throw new CountersignError('config_invalid', {
    what: `the store was written with the keys ${name}, and ${file} holds ${own}`,
    expected,
  });
}
