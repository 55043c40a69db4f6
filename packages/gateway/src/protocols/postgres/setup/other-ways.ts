/**
 * What the logins for reads may do by other ways than what they are granted on tables: by what everybody may do, by roles
 * they are members of, by what they are, by what is theirs, and by what they will be given with each new table.
 */
import type { Major } from '@countersign/postgres';
import type { Client } from 'pg';

export interface OtherWays {
  /** Statements that close them. */
  readonly takeAway: readonly string[];
  /** Those that only a person can close, a line each. */
  readonly warnings: readonly string[];
}

const ofUsers = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";

/** What everybody may do can't be taken from one role. */
const ofEverybody = `
  SELECT pg_catalog.format('everybody (PUBLIC) has rights on %I.%I, and so has the wall', n.nspname, c.relname) AS line
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ofUsers} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (
    EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) AS a WHERE a.grantee = 0)
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS t, pg_catalog.aclexplode(t.attacl) AS a
      WHERE t.attrelid = c.oid AND a.grantee = 0))
  UNION ALL
  SELECT pg_catalog.format('everybody (PUBLIC) may call %s, which runs with the rights of its owner, and so may the wall',
    p.oid::pg_catalog.regprocedure)
  FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
  WHERE ${ofUsers} AND p.prosecdef AND (p.proacl IS NULL
    OR EXISTS (SELECT FROM pg_catalog.aclexplode(p.proacl) AS a WHERE a.grantee = 0))
  UNION ALL
  SELECT pg_catalog.format('everybody (PUBLIC) will have rights on the tables that %s makes, and so will the wall',
    d.defaclrole::pg_catalog.regrole)
  FROM pg_catalog.pg_default_acl AS d
  WHERE d.defaclobjtype = 'r' AND EXISTS (SELECT FROM pg_catalog.aclexplode(d.defaclacl) AS a WHERE a.grantee = 0)`;

/** Who owns an object may give itself what was taken. */
const owned = `
  SELECT pg_catalog.format('%s owns %s, and may give itself what is taken here', r.rolname, o.what) AS line
  FROM pg_catalog.pg_roles AS r JOIN (
    SELECT c.relowner AS owner, pg_catalog.format('%I.%I', n.nspname, c.relname) AS what
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL SELECT nspowner, 'schema ' || pg_catalog.quote_ident(nspname) FROM pg_catalog.pg_namespace
    UNION ALL SELECT datdba, 'the database' FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
  ) AS o ON o.owner = r.oid WHERE r.rolname = ANY ($1::text[])`;

const attributes = `
  SELECT pg_catalog.format('ALTER ROLE %I%s', rolname, pg_catalog.concat(
    CASE WHEN rolsuper THEN ' NOSUPERUSER' END, CASE WHEN rolbypassrls THEN ' NOBYPASSRLS' END,
    CASE WHEN rolcreaterole THEN ' NOCREATEROLE' END, CASE WHEN rolreplication THEN ' NOREPLICATION' END)) AS line
  FROM pg_catalog.pg_roles
  WHERE rolname = ANY ($1::text[]) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication)`;

/** Since version 16 each grant of a role is its grantor's own. */
const memberships = (major: Major) => `
  SELECT pg_catalog.format('REVOKE %I FROM %I%s', g.rolname, r.rolname,
    ${major < 16 ? "''" : "pg_catalog.format(' GRANTED BY %I', b.rolname)"}) AS line
  FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS r ON r.oid = m.member
  JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid LEFT JOIN pg_catalog.pg_roles AS b ON b.oid = m.grantor
  WHERE r.rolname = ANY ($1::text[])`;

const defaults = `
  SELECT DISTINCT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON TABLES FROM %I',
    d.defaclrole::pg_catalog.regrole, ' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname), r.rolname) AS line
  FROM pg_catalog.pg_default_acl AS d CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) AS a
  JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
  WHERE d.defaclobjtype = 'r' AND r.rolname = ANY ($1::text[])`;

/** @param roles Those for reads; they need not be there yet. Rejects with what the driver says. */
export async function otherWays(client: Client, major: Major, roles: readonly string[]): Promise<OtherWays> {
  const ask = async (question: string, values: readonly unknown[]): Promise<readonly string[]> =>
    (await client.query<{ line: string }>(question, [...values])).rows.map(({ line }) => line);
  return {
    takeAway: [
      ...(await ask(attributes, [roles])),
      ...(await ask(memberships(major), [roles])),
      ...(await ask(defaults, [roles])),
    ],
    warnings: [...(await ask(ofEverybody, [])), ...(await ask(owned, [roles]))],
  };
}
