/** The columns that a database has, and which of them a login can read: what masks are compared with. */
import { type Resource, resource } from '@countersign/core';
import type { Client } from 'pg';
import { z } from 'zod';

const question = `
  SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname, a.attname,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')))::text AS columns
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
    AND n.nspname NOT LIKE 'pg\\_toast%'`;

const answerSchema = z.array(z.tuple([z.string(), z.string(), z.string(), z.boolean()])).nullable();

export interface Columns {
  readonly all: ReadonlySet<Resource>;
  readonly readable: ReadonlySet<Resource>;
}

/** Asks. Throws what the driver throws. */
export async function columnsSeenBy(client: Client): Promise<Columns> {
  const { rows } = await client.query<{ columns: string | null }>(question);
  const all = new Set<Resource>();
  const readable = new Set<Resource>();
  for (const [schema, table, column, mayRead] of answerSchema.parse(JSON.parse(rows[0]?.columns ?? 'null')) ??
    []) {
    const name = resource('column', schema, table, column);
    all.add(name);
    if (mayRead) readable.add(name);
  }
  return { all, readable };
}
