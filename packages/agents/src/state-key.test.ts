import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { gatewayClient } from './gateway-client.ts';
import { readStateKey } from './state-key.ts';

const { COUNTERSIGN_STATE_KEY: before } = process.env;
afterEach(() => {
  if (before === undefined) delete process.env['COUNTERSIGN_STATE_KEY'];
  else process.env['COUNTERSIGN_STATE_KEY'] = before;
});

const key = randomBytes(32);

test.each([
  ['bytes', key],
  ['hex', key.toString('hex')],
  ['base64', key.toString('base64')],
  ['base64url', key.toString('base64url')],
  ['base64 and a line feed', `${key.toString('base64')}\n`],
])('a key is read from %s', (_what, given) => {
  expect(readStateKey(given)?.export()).toEqual(key);
});

test('a key is read from the environment, and the option comes first', () => {
  process.env['COUNTERSIGN_STATE_KEY'] = key.toString('base64');
  expect(readStateKey(undefined)?.export()).toEqual(key);
  const other = randomBytes(32);
  expect(readStateKey(other)?.export()).toEqual(other);
  delete process.env['COUNTERSIGN_STATE_KEY'];
  expect(readStateKey(undefined)).toBeNull();
});

test.each([
  ['16 bytes', randomBytes(16)],
  ['16 bytes of hex', randomBytes(16).toString('hex')],
  ['48 bytes of base64', randomBytes(48).toString('base64')],
  ['a pass phrase', 'correct horse battery staple'],
  ['nothing', ''],
])('%s is no key: an error at once, which does not show it', (_what, given) => {
  const make = () => gatewayClient({ url: 'http://127.0.0.1:9', token: 't', stateKey: given });
  expect(make).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringMatching(/stateKey is no key; expected 32 random bytes in base64 or hex/),
    }),
  );
  if (typeof given === 'string' && given !== '')
    expect(make).not.toThrow(expect.objectContaining({ stack: expect.stringContaining(given) }));
});

test('never 42: the key is no property of the client', () => {
  const gateway = gatewayClient({ url: 'http://127.0.0.1:9', token: 'sesame', stateKey: key });
  for (const shown of [JSON.stringify(gateway), Object.values(gateway).map(String).join()])
    for (const secret of [key.toString('base64'), key.toString('hex'), 'sesame'])
      expect(shown).not.toContain(secret);
});
