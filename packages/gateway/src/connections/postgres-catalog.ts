/** Reads a database's catalog over its connection. */
import { CountersignError } from '@countersign/core';
import { type Catalog, catalogQuery, isSupportedMajor, readCatalog } from '@countersign/postgres';
import type { ClientBase } from 'pg';
import type { PostgresConnection } from './postgres-connection.ts';
import { unavailable } from './postgres-fault.ts';

/** Milliseconds that the server may take to read the catalog, and that its answer may take. */
const [statementMs, answerMs] = [30_000, 35_000];

/**
 * @throws {CountersignError} `target_unavailable`; `not_supported` for a server whose grammar is not at hand.
 */
export async function loadCatalog(connection: PostgresConnection): Promise<Catalog> {
  const backend = await connection.open('write', new AbortController().signal);
  try {
    return await backend.within(answerMs, readFrom(backend.client));
  } catch (error) {
    throw unavailable(error);
  } finally {
    void backend.recycle();
  }
}

async function readFrom(client: ClientBase): Promise<Catalog> {
  // One snapshot for all of it.
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`SET LOCAL statement_timeout = ${statementMs}`);
  // One long query over small tables: compiling it would take a hundred times as long as running it.
  await client.query('SET LOCAL jit = off');
  const version = await client.query<{ version: string }>(
    "SELECT pg_catalog.current_setting('server_version_num') AS version",
  );
  const major = Math.floor(Number(version.rows[0]?.version) / 10_000);
  if (!isSupportedMajor(major))
    throw new CountersignError('not_supported', { what: `PostgreSQL ${major}`, expected: '15 to 18' });
  const { rows } = await client.query<[string]>({ text: catalogQuery(major), rowMode: 'array' });
  return readCatalog(rows[0]?.[0] ?? '', major);
}
