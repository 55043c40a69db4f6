import { expect, test } from '@jest/globals';
import { encryption, type Way } from './encryption.ts';

const way = (label: string, encrypted: Way['encryption'], remote = true): Way => ({
  label,
  encryption: encrypted,
  remote,
});

test.each([
  [[way('a', 'none', false)], 'ok', 'the way there does not leave this machine'],
  [[way('a', 'verified')], 'ok', 'the connection is encrypted, and the server’s certificate is checked'],
  [
    [way('a', 'verified'), way('b', 'none'), way('c', 'unverified')],
    'warning',
    'b: the connection is not encrypted, and leaves this machine',
  ],
  [
    [way('a', 'unverified'), way('b', 'none', false)],
    'warning',
    'a: the connection is encrypted, but nobody checks whose server answers',
  ],
])('the worst way counts (%#)', (ways, verdict, what) => {
  expect(encryption('target.tls', ways)).toMatchObject({ name: 'target.tls', verdict, what });
});
