/**
 * A statement on the catalog is compared before it runs, so that what it changes itself is no difference. The tables it
 * is about are locked before that: nobody else's change comes between the comparison and the statement.
 */
import { type Effect, splitResource } from '@countersign/core';
import type { BackendFacts } from './backend-facts.ts';
import type { Transaction } from './transaction.ts';

/** The lock lets readers on, and keeps out every other change of the table; the statement takes more if it needs more. */
const lockStatements = `
  SELECT pg_catalog.format('LOCK TABLE ONLY %I.%I IN SHARE ROW EXCLUSIVE MODE', n.nspname, c.relname) AS text
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS t(schema, name) ON t.schema = n.nspname AND t.name = c.relname
  WHERE c.relkind IN ('r', 'p') ORDER BY c.oid`;

/** Locks the tables of the direct effects, as far as they exist, always in the same order. Rejects as a step does. */
export async function lockFirst(
  transaction: Transaction<BackendFacts>,
  effects: readonly Effect[],
): Promise<void> {
  const tables = effects.filter(({ via, resource }) => via === undefined && resource.startsWith('table:'));
  if (tables.length === 0) return;
  const names = tables.map(({ resource }) => splitResource(resource).segments.map(decodeURIComponent));
  const values = [names.map(([schema]) => schema), names.map(([, name]) => name)];
  const { rows } = await transaction.step((client) => client.query<{ text: string }>(lockStatements, values));
  for (const { text } of rows) await transaction.step((client) => client.query(text));
}
