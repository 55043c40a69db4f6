/** The key that parked runs are encrypted with. It stays in the processes of the application. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { CountersignError } from '@countersign/core';

const keyBytes = 32;

/**
 * The key in an option, or in `COUNTERSIGN_STATE_KEY`; null where there is none.
 *
 * @throws {CountersignError} `config_invalid` for anything but 32 bytes, or their base64 or hex. It doesn't show it.
 */
export function readStateKey(option: string | Uint8Array | undefined): KeyObject | null {
  const given = option ?? process.env['COUNTERSIGN_STATE_KEY'] ?? '';
  if (option === undefined && given === '') return null;
  const bytes = typeof given === 'string' ? decoded(given.trim()) : Buffer.from(given);
  if (bytes?.byteLength !== keyBytes)
    throw new CountersignError('config_invalid', {
      what: `${option === undefined ? 'COUNTERSIGN_STATE_KEY' : 'stateKey'} is no key`,
      expected: '32 random bytes in base64 or hex, as of: openssl rand -base64 32',
    });
  return createSecretKey(bytes);
}

function decoded(text: string): Buffer | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : null;
}
