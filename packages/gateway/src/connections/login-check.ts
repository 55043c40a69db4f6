/** Whether the logins for reads are as weak as they have to be: a wall that can walk through itself is none. */
import { CountersignError } from '@countersign/core';
import type { PostgresConnection } from './postgres-connection.ts';
import { unavailable } from './postgres-fault.ts';
import type { Logins } from './postgres-logins.ts';

/** Roles that reach files and programs of the server, whatever is granted on tables. */
export const reachingRoles = Object.freeze([
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_execute_server_program',
]);

const question = `
  SELECT pg_catalog.to_json(pg_catalog.current_schemas(true))::text AS path,
    CASE WHEN r.rolsuper THEN 'is a superuser'
      WHEN r.rolbypassrls THEN 'bypasses row security'
      WHEN EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) AS role
        WHERE pg_catalog.pg_has_role(role, 'MEMBER')) THEN 'may reach files or programs of the server'
    END AS flaw
  FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user`;

/** Milliseconds. */
const withinMs = 5000;

/**
 * Looks at `wall` and `read`, where they are logins of their own.
 *
 * @param searchPath The one that calls are analysed with.
 * @throws {CountersignError} `unavailable` where a login is too strong, or finds other objects by the same names;
 * `target_unavailable`.
 */
export async function checkLogins(
  connection: PostgresConnection,
  { urls }: Logins,
  searchPath: readonly string[],
): Promise<void> {
  for (const login of ['wall', 'read'] as const) {
    if (urls[login] === urls.write) continue;
    const { path, flaw } = await ask(connection, login);
    if (flaw !== null) throw new CountersignError('unavailable', { what: `logins.${login} ${flaw}` });
    if (path !== JSON.stringify(searchPath))
      throw new CountersignError('unavailable', {
        what: `logins.${login} has another search path than logins.write`,
      });
  }
}

async function ask(
  connection: PostgresConnection,
  login: 'wall' | 'read',
): Promise<{ readonly path: string; readonly flaw: string | null }> {
  const backend = await connection.open(login, new AbortController().signal);
  try {
    const asking = backend.client.query<{ path: string; flaw: string | null }>(question, [reachingRoles]);
    const { rows } = await backend.within(withinMs, asking);
    return rows[0] ?? { path: '', flaw: 'has no role' };
  } catch (error) {
    throw unavailable(error);
  } finally {
    void backend.recycle();
  }
}
