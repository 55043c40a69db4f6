/** What a login's session is set to before the gateway sets anything. */
import { type Finding, fine, problem, warning } from '@countersign/core';
import type { Session } from './session.ts';

/** Milliseconds that the gateway's own statements around a call may need. */
const breathMs = 1000;

/**
 * The gateway sets its own timeouts in each transaction. What the server sets counts where it is shorter than those.
 *
 * @param callMs How long a call on this connection may take, in milliseconds.
 */
export function timeouts(sessions: readonly Session[], callMs: number): readonly Finding[] {
  const short = sessions.flatMap((session) => tooShort(session, callMs));
  return short.length > 0
    ? short
    : [fine('login.timeouts', 'the server’s own timeouts leave time for calls')];
}

function tooShort({ label, facts }: Session, callMs: number): readonly Finding[] {
  const { statement_timeout: statement = 0, transaction_timeout: transaction = 0 } = facts.timeouts;
  if (statement > 0 && statement < breathMs)
    return [
      warning(
        'login.timeouts',
        `${label} has a statement_timeout of ${statement} ms, too short for what the gateway does around a call`,
        'Raise it, or leave it to the gateway: limits.timeout is set for each call.',
      ),
    ];
  if (transaction > 0 && transaction < callMs)
    return [
      warning(
        'login.timeouts',
        `${label} has a transaction_timeout of ${transaction} ms, shorter than the ${callMs} ms that limits.timeout gives a call`,
        'Raise it, or lower limits.timeout of the connection.',
      ),
    ];
  return [];
}

/** Bare names have to mean what everybody thinks they mean. */
export function searchPath({ label, facts }: Session): Finding {
  const path = facts.searchPath.filter((schema) => !schema.startsWith('pg_temp'));
  if (path[0] !== 'pg_catalog')
    return problem(
      'login.search_path',
      `${label} searches ${path.join(', ')}: names of the server itself can be taken over, so every call is denied`,
      'Take pg_catalog out of its search_path, or put it first.',
    );
  if (facts.openSchemas.length > 0)
    return warning(
      'login.search_path',
      `${label} searches ${facts.openSchemas.join(', ')}, where anyone may create tables and functions`,
      `REVOKE CREATE ON SCHEMA ${facts.openSchemas.join(', ')} FROM PUBLIC.`,
    );
  return fine('login.search_path', `${label} searches ${path.join(', ')}`);
}
