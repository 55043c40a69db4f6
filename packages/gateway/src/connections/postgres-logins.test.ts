import type { ConnectionConfig } from '@countersign/policy';
import { expect, test } from '@jest/globals';
import { readLogins } from './postgres-logins.ts';

const configOf = (settings: Readonly<Record<string, unknown>>): ConnectionConfig => ({
  name: 'shop-db',
  protocol: 'postgres',
  labels: {},
  limits: {
    rows: 1,
    bytes: 1,
    timeoutMs: 1,
    rejectionMemoryMs: 1,
    waitingPerPrincipal: 1,
    waitingPerGroup: 1,
    asksPerHour: 1,
  },
  throwaway: false,
  settings,
});
const [a, b, c] = ['postgres://a:1@h/d', 'postgres://b:2@h/d', 'postgresql://c:3@h/d'];

test('one url serves for everything, and is no wall', () => {
  expect(readLogins(configOf({ url: a }))).toEqual({ urls: { wall: a, read: a, write: a }, hasWall: false });
});

test('three logins serve for what they are', () => {
  expect(readLogins(configOf({ logins: { wall: a, read: b, write: c } }))).toEqual({
    urls: { wall: a, read: b, write: c },
    hasWall: true,
  });
});

test('the next stronger login stands in for a missing one', () => {
  expect(readLogins(configOf({ logins: { write: c } }))).toEqual({
    urls: { wall: c, read: c, write: c },
    hasWall: false,
  });
  expect(readLogins(configOf({ logins: { read: b, write: c } })).urls.wall).toBe(b);
});

test.each([
  [{}, 'connections.shop-db.url'],
  [{ url: 'mysql://root:secret@h/d' }, 'connections.shop-db.url'],
  [{ url: 'postgres://u:secret@h:port/d' }, 'connections.shop-db.url'],
  [{ url: 'postgres://u:secret@h/d?sslrootcert=/does/not/exist' }, 'connections.shop-db.url'],
  [{ url: a, logins: { write: a } }, 'either url or logins'],
  [{ logins: 'secret' }, 'connections.shop-db.logins'],
  [{ logins: { read: a } }, 'connections.shop-db.logins.write'],
  [{ logins: { write: a, wall: 7 } }, 'connections.shop-db.logins.wall'],
])('never 42: %j is invalid, and the error names the key and not the value', (settings, named) => {
  const reading = () => readLogins(configOf(settings));
  expect(reading).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  expect(reading).toThrow(named);
  expect(reading).not.toThrow('secret');
});
