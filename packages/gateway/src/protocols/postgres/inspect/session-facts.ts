/** What one session tells about its login, its server and the way there. Gathered once; judged elsewhere. */
import type { Client } from 'pg';
import { z } from 'zod';
import { reachingRoles } from '../../../connections/login-check.ts';
import { type WayThere, wayThere } from '../../../connections/way-there.ts';
import type { ClockReading } from '../../../doctor/clock.ts';
import type { Runtime } from '../../../runtime/runtime.ts';

const userRelations = `pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'`;

/** Every name is spelt with its schema: what the login's search path hides must not answer for the server. */
const question = `
  SELECT pg_catalog.json_build_object(
    'user', current_user,
    'version', pg_catalog.current_setting('server_version_num')::int,
    'release', pg_catalog.current_setting('server_version'),
    'superuser', r.rolsuper, 'bypassesRowSecurity', r.rolbypassrls,
    'createsRoles', r.rolcreaterole, 'createsDatabases', r.rolcreatedb, 'replicates', r.rolreplication,
    'reaches', (SELECT coalesce(pg_catalog.json_agg(role), '[]') FROM pg_catalog.unnest($1::text[]) AS role
      WHERE pg_catalog.pg_has_role(role, 'MEMBER')),
    'owns', (SELECT count(*) FROM ${userRelations} AND pg_catalog.pg_has_role(c.relowner, 'MEMBER')),
    'writes', (SELECT count(*) FROM ${userRelations} AND c.relkind IN ('r', 'p', 'f')
      AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
    'searchPath', pg_catalog.to_json(pg_catalog.current_schemas(true)),
    'openSchemas', (SELECT coalesce(pg_catalog.json_agg(n.nspname ORDER BY n.nspname), '[]')
      FROM pg_catalog.pg_namespace AS n
      WHERE n.nspname = ANY (pg_catalog.current_schemas(false)) AND EXISTS (
        SELECT FROM pg_catalog.aclexplode(n.nspacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')),
    'timeouts', (SELECT coalesce(pg_catalog.json_object_agg(s.name, s.setting::bigint), '{}')
      FROM pg_catalog.pg_settings AS s
      WHERE s.name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout')),
    'standby', pg_catalog.pg_is_in_recovery(),
    'backend', pg_catalog.pg_backend_pid(),
    'clock', extract(epoch FROM pg_catalog.clock_timestamp()) * 1000
  )::text AS facts
  FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user`;

const answerSchema = z.object({
  user: z.string(),
  /** `server_version_num`: 180002. */
  version: z.number(),
  release: z.string(),
  superuser: z.boolean(),
  bypassesRowSecurity: z.boolean(),
  createsRoles: z.boolean(),
  createsDatabases: z.boolean(),
  replicates: z.boolean(),
  reaches: z.array(z.string()),
  /** Tables and views that it owns, or whose owner's role it is a member of. */
  owns: z.number(),
  /** Tables that it may change. */
  writes: z.number(),
  searchPath: z.array(z.string()),
  /** Schemas on the search path in which anyone may create. */
  openSchemas: z.array(z.string()),
  /** Milliseconds by setting; 0 for none. A setting that the server does not know is not there. */
  timeouts: z.record(z.string(), z.number()),
  standby: z.boolean(),
  backend: z.number(),
  clock: z.number(),
});

export interface SessionFacts extends Omit<z.infer<typeof answerSchema>, 'clock'> {
  readonly clock: ClockReading;
  readonly way: WayThere;
  /** Whether the one who answered at the login is the one who ran the statement. */
  readonly direct: boolean;
}

/** Asks. Throws what the driver throws. */
export async function sessionFacts(client: Client, runtime: Runtime): Promise<SessionFacts> {
  // Planning takes its time at the first statement, and the clock is not to be blamed for that.
  await client.query('SELECT 1');
  const before = runtime.now();
  const { rows } = await client.query<{ facts: string }>(question, [reachingRoles]);
  const after = runtime.now();
  const { clock, ...facts } = answerSchema.parse(JSON.parse(rows[0]?.facts ?? 'null'));
  // What the server named at the login, which the driver's types leave out.
  const { processID } = client as unknown as { readonly processID: number | null };
  return {
    ...facts,
    way: wayThere(client),
    direct: processID === facts.backend,
    clock: { theirs: clock, before, after },
  };
}
