/**
 * The SQL that makes the logins of a connection what they are for. It can be run again: what `wall` and `read` may do is
 * taken from them first, so that a column which is masked since is theirs no longer.
 */
import type { LoginName } from '../../../connections/postgres-logins.ts';
import type { ShieldedTable } from './shielded-tables.ts';

export interface WallPlan {
  readonly database: string;
  readonly roles: Readonly<Record<LoginName, string>>;
  /** Where unqualified names are found: the same for all three. */
  readonly searchPath: readonly string[];
  /** Whether the role for writes is there already: then it is given rights, and keeps the settings it has. */
  readonly writeExists: boolean;
  readonly tables: readonly ShieldedTable[];
  /** Statements that take what the logins have by other ways. */
  readonly takeAway: readonly string[];
  readonly may: {
    read(table: ShieldedTable): boolean;
    write(table: ShieldedTable): readonly ('INSERT' | 'UPDATE' | 'DELETE')[];
  };
}

const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** One statement an entry; all of them in one transaction. Holds no password. */
export function wallSql(plan: WallPlan): readonly string[] {
  const { roles, tables } = plan;
  const { wall, read, write } = { wall: name(roles.wall), read: name(roles.read), write: name(roles.write) };
  const schemas = [...new Set(tables.map(({ schema }) => schema))].map(name);
  return [
    ...Object.values(roles).map(createRole),
    `GRANT CONNECT ON DATABASE ${name(plan.database)} TO ${wall}, ${read}, ${write}`,
    ...settings(plan),
    ...plan.takeAway,
    ...schemas.flatMap((schema) => [
      `REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${wall}, ${read}`,
      `REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${schema} FROM ${wall}, ${read}`,
      `REVOKE ALL ON ALL ROUTINES IN SCHEMA ${schema} FROM ${wall}, ${read}`,
      `REVOKE ALL ON SCHEMA ${schema} FROM ${wall}, ${read}`,
      `GRANT USAGE ON SCHEMA ${schema} TO ${wall}, ${read}, ${write}`,
    ]),
    ...tables.flatMap((table) => grants(plan, table)),
    ...schemas
      .filter((schema) =>
        tables.some((table) => name(table.schema) === schema && plan.may.write(table).length > 0),
      )
      .map((schema) => `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${write}`),
  ];
}

function createRole(role: string): string {
  return `DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(role)}) THEN CREATE ROLE ${name(role)} LOGIN; END IF; END $do$`;
}

function settings({ roles, database, searchPath, writeExists }: WallPlan): readonly string[] {
  const path = searchPath.length === 0 ? "''" : searchPath.map(name).join(', ');
  const altered = [roles.wall, roles.read, ...(writeExists ? [] : [roles.write])];
  return [
    ...altered.map(
      (role) => `ALTER ROLE ${name(role)} IN DATABASE ${name(database)} SET search_path = ${path}`,
    ),
    ...[roles.wall, roles.read].map(
      (role) => `ALTER ROLE ${name(role)} SET default_transaction_read_only = on`,
    ),
  ];
}

function grants({ roles, may }: WallPlan, table: ShieldedTable): readonly string[] {
  const { schema, table: relation, open, hidden, mayHideMore } = table;
  const on = `${name(schema)}.${name(relation)}`;
  const writes = may.write(table);
  const reads = may.read(table);
  const whole = hidden.length === 0 && !mayHideMore;
  const columns = whole ? '' : ` (${open.map(name).join(', ')})`;
  return [
    ...(reads && open.length > 0 ? [`GRANT SELECT${columns} ON ${on} TO ${name(roles.wall)}`] : []),
    ...(reads ? [`GRANT SELECT ON ${on} TO ${name(roles.read)}`] : []),
    ...(reads || writes.length > 0
      ? [`GRANT ${['SELECT', ...writes].join(', ')} ON ${on} TO ${name(roles.write)}`]
      : []),
  ];
}
