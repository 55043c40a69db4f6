/** Whether the logins of a connection are as far apart as the second wall needs them to be. */
import { type Finding, fine, problem, warning } from '@countersign/core';
import type { LoginName } from '../../../connections/postgres-logins.ts';
import type { Session } from './session.ts';

/**
 * @param sessions By login, those that could be reached.
 * @param separate The logins that are URLs of their own.
 */
export function walls(
  sessions: ReadonlyMap<LoginName, Session>,
  hasWall: boolean,
  separate: readonly LoginName[],
): readonly Finding[] {
  return [...missing(hasWall, separate), ...sameRoles(sessions), ...samePaths(sessions)];
}

function missing(hasWall: boolean, separate: readonly LoginName[]): readonly Finding[] {
  if (!hasWall)
    return [
      warning(
        'login.wall',
        'no wall login: the database keeps reads from writing, not from reading protected columns',
        'Give the connection logins: { wall, read, write }, where wall is granted neither masked columns nor writes.',
      ),
    ];
  const standsIn = (what: string) =>
    warning('login.wall', what, 'Give each of wall, read and write a role of its own.');
  return [
    ...(separate.includes('wall')
      ? []
      : [standsIn('logins.wall is the login of logins.read, and so no wall')]),
    ...(separate.includes('read')
      ? []
      : [standsIn('reads that are masked run as logins.write: there is no read login of its own')]),
  ];
}

/** Two logins that are one role are no wall between each other, whatever their URLs say. */
function sameRoles(sessions: ReadonlyMap<LoginName, Session>): readonly Finding[] {
  if (sessions.size < 2) return [];
  const byRole = Map.groupBy(sessions.values(), ({ facts }) => facts.user);
  const shared = [...byRole].filter(([, same]) => same.length > 1);
  if (shared.length === 0) return [fine('login.separate', 'each login is a role of its own')];
  return shared.map(([user, same]) =>
    warning(
      'login.separate',
      `${same.map(({ label }) => label).join(' and ')} are the same role (${user})`,
      'Give each a role of its own: what reads has no need to write.',
    ),
  );
}

/** Calls are analysed with the search path of `write`, so that of the others has to be the same. */
function samePaths(sessions: ReadonlyMap<LoginName, Session>): readonly Finding[] {
  const write = sessions.get('write');
  if (write === undefined) return [];
  const expected = JSON.stringify(write.facts.searchPath);
  return [...sessions.values()]
    .filter(({ facts }) => JSON.stringify(facts.searchPath) !== expected)
    .map(({ label }) =>
      problem(
        'login.search_path',
        `${label} has another search path than ${write.label}: calls on this connection are refused`,
        'ALTER ROLE … SET search_path, so that both find the same tables by the same names.',
      ),
    );
}
