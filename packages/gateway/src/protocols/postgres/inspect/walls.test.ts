import { describe, expect, test } from '@jest/globals';
import type { LoginName } from '../../../connections/postgres-logins.ts';
import type { Session } from './session.ts';
import type { SessionFacts } from './session-facts.ts';
import { sessionWith } from './testing/session.ts';
import { walls } from './walls.ts';

const all = ['write', 'read', 'wall'] as const;
const sessions = (of: Readonly<Partial<Record<LoginName, Partial<SessionFacts>>>>) =>
  new Map<LoginName, Session>(
    Object.entries(of).map(([name, facts]) => [
      name as LoginName,
      sessionWith(facts, { label: `logins.${name}` }),
    ]),
  );
const three = sessions({ write: { user: 'w' }, read: { user: 'r' }, wall: { user: 'x' } });

describe('the logins of a connection', () => {
  test('that are three roles are as they should be', () => {
    expect(walls(three, true, all)).toMatchObject([
      { verdict: 'ok', what: 'each login is a role of its own' },
    ]);
  });

  test('without a wall', () => {
    expect(walls(sessions({ write: {} }), false, ['write'])).toMatchObject([
      {
        name: 'login.wall',
        verdict: 'warning',
        what: 'no wall login: the database keeps reads from writing, not from reading protected columns',
      },
    ]);
  });

  test('of which one stands in for another', () => {
    const found = walls(sessions({ write: {} }), true, ['write']);
    expect(found.map(({ verdict, what }) => `${verdict}: ${what}`)).toEqual([
      'warning: logins.wall is the login of logins.read, and so no wall',
      'warning: reads that are masked run as logins.write: there is no read login of its own',
    ]);
  });

  test('that are one role under two URLs', () => {
    const same = sessions({ write: { user: 'w' }, read: { user: 'w' }, wall: { user: 'x' } });
    expect(walls(same, true, all)).toMatchObject([
      { verdict: 'warning', what: 'logins.write and logins.read are the same role (w)' },
    ]);
  });

  test('that find other objects by the same names', () => {
    const other = { user: 'x', searchPath: ['pg_catalog', 'x'] };
    const found = walls(sessions({ write: {}, wall: other }), true, all);
    expect(found).toContainEqual(
      expect.objectContaining({
        verdict: 'problem',
        what: 'logins.wall has another search path than logins.write: calls on this connection are refused',
      }),
    );
  });
});
