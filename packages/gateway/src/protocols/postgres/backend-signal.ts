/** Cancels or ends what a backend does, from a connection aside: a pid alone could be another session's by then. */
import type { PostgresConnection } from '../../connections/postgres-connection.ts';
import type { LoginName } from '../../connections/postgres-logins.ts';

export interface BackendId {
  readonly pid: string;
  readonly backendStart: string;
}

const functions = {
  cancel: 'pg_catalog.pg_cancel_backend',
  terminate: 'pg_catalog.pg_terminate_backend',
} as const;

/** Text of a query with the backend's pid as $1 and its start as $2. */
export const backendSignalQuery = (signal: keyof typeof functions): string =>
  `SELECT ${functions[signal]}(s.pid) FROM pg_catalog.pg_stat_get_activity($1::int) AS s
   WHERE extract(epoch from s.backend_start)::text = $2`;

/**
 * Resolves when the signal has been sent, or the backend is gone.
 *
 * @throws {CountersignError} `target_unavailable`.
 */
export async function signalBackend(
  connection: PostgresConnection,
  login: LoginName,
  { pid, backendStart }: BackendId,
  signal: keyof typeof functions,
): Promise<void> {
  await connection.aside(login, (client) => client.query(backendSignalQuery(signal), [pid, backendStart]));
}
