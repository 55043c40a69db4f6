import { describe, expect, test } from '@jest/globals';
import { serverVersion, takesWrites, talksDirectly } from './server.ts';
import { sessionWith } from './testing/session.ts';

describe('the server', () => {
  test.each([
    [150_000, '15.0', 'ok', 'PostgreSQL 15.0'],
    [180_004, '18.4 (Debian 18.4-1)', 'ok', 'PostgreSQL 18.4'],
    [140_011, '14.11', 'problem', 'PostgreSQL 14.11 is not supported: every call is denied'],
    [190_000, '19beta1', 'problem', 'PostgreSQL 19beta1 is not supported: every call is denied'],
  ])('of version %i', (version, release, verdict, what) => {
    expect(serverVersion(sessionWith({ version, release }).facts)).toMatchObject({ verdict, what });
  });

  test('that is a standby takes no writes', () => {
    expect(takesWrites(sessionWith().facts)).toEqual([]);
    expect(takesWrites(sessionWith({ standby: true }).facts)).toMatchObject([
      { verdict: 'warning', what: 'the server is a standby: every write fails there' },
    ]);
  });

  test('that is not the one who answered at the login sits behind a pooler', () => {
    expect(talksDirectly(sessionWith().facts)).toEqual([]);
    expect(talksDirectly(sessionWith({ direct: false }).facts)).toMatchObject([
      { verdict: 'warning', what: 'a pooler seems to stand between the gateway and the server' },
    ]);
  });
});
