/** How many rows of which tables this transaction has changed so far, as the server counts them: triggers and cascades too. */
import type { TableChanges } from '@countersign/core';
import { z } from 'zod';
import type { BackendFacts } from './backend-facts.ts';
import { tableName } from './measured-text.ts';
import type { Transaction } from './transaction.ts';

/**
 * The server keeps what earlier transactions of a session counted until it reports it, so only the difference between two
 * looks is this transaction's. Rows of a partition count for the partition. Operators are named in full: a search path
 * could lead to others of the same names.
 */
const question = `
  SELECT pg_catalog.current_setting('track_counts') AS counted,
    coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      c.oid::text, n.nspname, c.relname, t.inserted, t.updated, t.deleted)), '[]')::text AS changes
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  CROSS JOIN LATERAL (SELECT pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) AS inserted,
    pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) AS updated,
    pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS deleted OFFSET 0) AS t
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'm']::"char"[])
    AND pg_catalog.int8larger(pg_catalog.int8larger(t.inserted, t.updated), t.deleted) OPERATOR(pg_catalog.>) 0`;

const answerSchema = z.array(
  z.tuple([z.string(), z.string(), z.string(), z.number(), z.number(), z.number()]),
);

/** By the table's oid. */
export type RowCounts = ReadonlyMap<string, TableChanges>;

/** One round trip. Null where the server does not count. Rejects as a step does. */
export async function countRows(transaction: Transaction<BackendFacts>): Promise<RowCounts | null> {
  const { rows } = await transaction.step((client) =>
    client.query<{ counted: string; changes: string }>(question),
  );
  const [row] = rows;
  if (row?.counted !== 'on') return null;
  const counts = new Map<string, TableChanges>();
  for (const [oid, schema, name, inserted, updated, deleted] of answerSchema.parse(JSON.parse(row.changes)))
    counts.set(oid, { table: tableName(schema, name), inserted, updated, deleted });
  return counts;
}

/** What was changed between two looks, by table. */
export function changedBetween(before: RowCounts, after: RowCounts): readonly TableChanges[] {
  const changes = [...after].map(([oid, { table, inserted, updated, deleted }]) => {
    const then = before.get(oid) ?? { inserted: 0, updated: 0, deleted: 0 };
    return {
      table,
      inserted: inserted - then.inserted,
      updated: updated - then.updated,
      deleted: deleted - then.deleted,
    };
  });
  return changes
    .filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0)
    .sort((a, b) => (a.table < b.table ? -1 : 1));
}
