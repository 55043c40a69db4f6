import { createSecretKey, randomBytes } from 'node:crypto';
import { newId, type ParkedHeader, type PrincipalView } from '@countersign/core';
import { expect, test } from '@jest/globals';
import { openState, sealState } from './sealed-state.ts';

const key = createSecretKey(randomBytes(32));
const principal: PrincipalView = { id: 'agent:support', on_behalf_of: 'kim' };
const header: ParkedHeader = {
  id: newId('park'),
  run: 'run-1',
  schema_version: '1.22',
  fingerprint: 'a'.repeat(64),
};
const opened = {
  state: '{"$schemaVersion":"1.22"}\nwith a line feed, ä and 😀',
  tools: [{ name: 'shop_db_query', connection: 'shop-db', protocol: 'postgres', version: 1 }] as const,
};
const sealed = sealState(key, principal, header, opened);

test('what was sealed is opened as it was, and no two boxes are the same', () => {
  expect(openState(key, principal, header, sealed)).toEqual(opened);
  expect(sealState(key, principal, header, opened)).not.toBe(sealed);
  expect(Buffer.from(sealed, 'base64').includes('schemaVersion')).toBe(false);
});

test.each([
  ['another key', createSecretKey(randomBytes(32)), principal, header],
  ['another principal', key, { ...principal, id: 'agent:other' }, header],
  ['another person', key, { ...principal, on_behalf_of: null }, header],
  ['another parked run', key, principal, { ...header, id: newId('park') }],
  ['another run', key, principal, { ...header, run: 'run-2' }],
  ['another schema version', key, principal, { ...header, schema_version: '1.21' }],
  ['another fingerprint', key, principal, { ...header, fingerprint: 'b'.repeat(64) }],
] as const)('a box is bound: it does not open for %s', (_what, otherKey, who, about) => {
  expect(() => openState(otherKey, who, about, sealed)).toThrow(
    expect.objectContaining({
      code: 'state_unreadable',
      message: expect.stringMatching(/expected the state key it was parked with/),
    }),
  );
});

test('a box that was changed anywhere, or cut, does not open', () => {
  const box = Buffer.from(sealed, 'base64');
  const broken = Array.from(box.keys(), (at) => {
    const changed = Buffer.from(box);
    changed.writeUInt8(box.readUInt8(at) ^ 1, at);
    return changed;
  });
  for (const end of [0, 1, 12, 28, 29, box.byteLength - 1]) broken.push(box.subarray(0, end));
  for (const changed of broken)
    expect(() => openState(key, principal, header, changed.toString('base64'))).toThrow(
      expect.objectContaining({ code: 'state_unreadable' }),
    );
});

test('never 27: a state beyond 4 MiB is too large', () => {
  const state = 'x'.repeat(4 * 1024 * 1024);
  expect(() => sealState(key, principal, header, { state, tools: [] })).toThrow(
    expect.objectContaining({ code: 'too_large', message: expect.stringMatching(/at most 4194304/) }),
  );
});
