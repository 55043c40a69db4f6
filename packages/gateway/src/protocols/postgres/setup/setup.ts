/** Makes the second wall of a connection: plans it from the masks and rules in force, and applies it. */
import { CountersignError } from '@countersign/core';
import {
  type ConnectionConfig,
  hiddenColumns,
  maskedTables,
  type Policy,
  possibleActions,
} from '@countersign/policy';
import { type Catalog, createAnalyser } from '@countersign/postgres';
import { Client } from 'pg';
import { unavailable } from '../../../connections/postgres-fault.ts';
import { type LoginName, readLogins } from '../../../connections/postgres-logins.ts';
import { type Runtime, systemRuntime } from '../../../runtime/runtime.ts';
import { catalogOf } from './catalog-of.ts';
import { otherWays } from './other-ways.ts';
import { scramVerifier } from './scram.ts';
import { type ShieldedTable, shieldedTables } from './shielded-tables.ts';
import { wallSql } from './wall-sql.ts';

/** Milliseconds for each statement, and to connect. */
const [statementMs, connectMs] = [30_000, 5000];
const loginNames: readonly LoginName[] = ['wall', 'read', 'write'];

/** A second wall that is planned and not applied yet. */
export interface Setup {
  /** One statement an entry, without passwords; all of them are run in one transaction. */
  readonly statements: readonly string[];
  readonly roles: Readonly<Record<LoginName, string>>;
  /** What only a person can decide, a line each: rights that everybody has. */
  readonly warnings: readonly string[];
  /** Runs the statements, and gives each role the password of its URL. Nothing is kept where one fails. */
  apply(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Plans the logins of a connection by the masks and rules in force; changes nothing before `apply`.
 *
 * @param adminUrl A login that may create roles, and grant what is to be granted.
 * @throws {CountersignError} `config_invalid` without three logins of their own; `target_unavailable`.
 */
export async function setupPostgres(
  config: ConnectionConfig,
  policy: Policy,
  adminUrl: string,
  runtime: Runtime = systemRuntime,
): Promise<Setup> {
  const logins = loginsOf(config);
  const client = new Client({
    connectionString: adminUrl,
    fallback_application_name: 'countersign setup',
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const catalog = await catalogOf(client);
    const roles = { wall: logins.wall.user, read: logins.read.user, write: logins.write.user };
    const tables = await tablesOf(catalog, policy, config);
    const may = possibleActions(policy, config);
    const ways = await otherWays(client, catalog.major, [roles.wall, roles.read]);
    const statements = wallSql({
      database: catalog.database,
      roles,
      searchPath: await searchPathOf(logins.write.url, catalog),
      writeExists: await exists(client, roles.write),
      tables,
      takeAway: ways.takeAway,
      may: {
        read: ({ schema, table }) => may('read', schema, table),
        write: ({ schema, table }) =>
          (['INSERT', 'UPDATE', 'DELETE'] as const).filter((verb) =>
            may(`write.${verb.toLowerCase()}` as 'write.insert', schema, table),
          ),
      },
    });
    return {
      statements,
      roles,
      warnings: ways.warnings,
      apply: () => apply(client, statements, Object.values(logins), runtime),
      close: () => client.end(),
    };
  } catch (error) {
    await client.end().catch(() => {});
    throw unavailable(error);
  }
}

interface Login {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

function loginsOf(config: ConnectionConfig): Readonly<Record<LoginName, Login>> {
  const { urls, hasWall } = readLogins(config);
  const of = (login: LoginName): Login => {
    const url = new URL(urls[login]);
    return {
      url: urls[login],
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
  };
  const logins = { wall: of('wall'), read: of('read'), write: of('write') };
  const users = new Set(loginNames.map((login) => logins[login].user));
  if (!hasWall || users.size < loginNames.length || users.has(''))
    throw new CountersignError('config_invalid', {
      what: `connections.${config.name} has no three logins of their own`,
      expected:
        'logins: { wall: URL, read: URL, write: URL }, each with a user of its own; the users need not be there yet',
    });
  return logins;
}

async function tablesOf(
  catalog: Catalog,
  policy: Policy,
  config: ConnectionConfig,
): Promise<readonly ShieldedTable[]> {
  const analyser = createAnalyser();
  try {
    return await shieldedTables(catalog, analyser, {
      isHidden: hiddenColumns(policy, config),
      mayHideMore: maskedTables(policy, config),
    });
  } finally {
    await analyser.close();
  }
}

const exists = async (client: Client, role: string): Promise<boolean> =>
  (await client.query('SELECT FROM pg_catalog.pg_roles WHERE rolname = $1', [role])).rows.length > 0;

/** That of the login for writes, where it can be asked: calls are analysed with it. */
async function searchPathOf(url: string, catalog: Catalog): Promise<readonly string[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectMs });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ path: string }>(
      'SELECT pg_catalog.to_json(pg_catalog.current_schemas(false))::text AS path',
    );
    return JSON.parse(rows[0]?.path ?? '[]') as string[];
  } catch {
    return catalog.searchPath.filter((schema) => !schema.startsWith('pg_'));
  } finally {
    await client.end().catch(() => {});
  }
}

async function apply(
  client: Client,
  statements: readonly string[],
  logins: readonly Login[],
  runtime: Runtime,
): Promise<void> {
  try {
    await client.query('BEGIN');
    // Two of these at once would get in each other's way half-way through.
    await client.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('countersign setup'))");
    for (const statement of statements) await client.query(statement);
    for (const { user, password } of logins)
      if (password !== '') {
        const role = client.escapeIdentifier(user);
        const verifier = client.escapeLiteral(scramVerifier(password, runtime.randomBytes(16)));
        await client.query(`ALTER ROLE ${role} PASSWORD ${verifier}`);
      }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw unavailable(error);
  }
}
