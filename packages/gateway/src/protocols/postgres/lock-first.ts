/**
 * A statement on the catalog is compared before it runs, so that what it changes itself is no difference. The tables it
 * is about are locked before that: nobody else's change comes between the comparison and the statement.
 */
import { baseAction, type Effect, splitResource } from '@countersign/core';
import type { BackendFacts } from './backend-facts.ts';
import type { Transaction } from './transaction.ts';

/**
 * What is only read is locked as reading does. What is changed is locked so that readers go on and every other change
 * waits; the statement takes more if it needs more. A login that may not lock a table goes without.
 */
const lockStatements = `
  SELECT pg_catalog.format('LOCK TABLE ONLY %I.%I IN %s MODE', n.nspname, c.relname, t.mode) AS text
  FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
    AS t(schema, name, mode)
  JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema
  JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
  WHERE c.relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(c.oid,
    CASE t.mode WHEN 'ACCESS SHARE' THEN 'SELECT' ELSE 'UPDATE, DELETE, TRUNCATE' END)
  ORDER BY c.oid, t.mode DESC`;

/** Locks the tables of the direct effects, as far as they exist, always in the same order. Rejects as a step does. */
export async function lockFirst(
  transaction: Transaction<BackendFacts>,
  effects: readonly Effect[],
): Promise<void> {
  const tables = effects
    .filter(({ via, resource }) => via === undefined && resource.startsWith('table:'))
    .map(({ action, resource }) => {
      const [schema = '', name = ''] = splitResource(resource).segments.map((text) =>
        decodeURIComponent(text),
      );
      return { schema, name, mode: baseAction(action) === 'read' ? 'ACCESS SHARE' : 'SHARE ROW EXCLUSIVE' };
    });
  if (tables.length === 0) return;
  const values = [
    tables.map(({ schema }) => schema),
    tables.map(({ name }) => name),
    tables.map(({ mode }) => mode),
  ];
  const { rows } = await transaction.step((client) => client.query<{ text: string }>(lockStatements, values));
  for (const { text } of rows) await transaction.step((client) => client.query(text));
}
