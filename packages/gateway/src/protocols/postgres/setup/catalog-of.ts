/** The catalog as a login sees it, for what looks at a database beside the gateway: setup and doctor. */
import { CountersignError } from '@countersign/core';
import { type Catalog, catalogQuery, isSupportedMajor, readCatalog } from '@countersign/postgres';
import type { Client } from 'pg';

/**
 * Leaves the session without compiling of queries: of one as long as this it takes longer than to run it, by far.
 *
 * @throws {CountersignError} `not_supported` for a server of another version; what the driver throws.
 */
export async function catalogOf(client: Client): Promise<Catalog> {
  await client.query('SET jit = off');
  const { rows: versions } = await client.query<{ version: string }>(
    "SELECT pg_catalog.current_setting('server_version_num') AS version",
  );
  const major = Math.floor(Number(versions[0]?.version) / 10_000);
  if (!isSupportedMajor(major))
    throw new CountersignError('not_supported', { what: `PostgreSQL ${major}`, expected: '15 to 18' });
  const { rows } = await client.query<[string]>({ text: catalogQuery(major), rowMode: 'array' });
  return readCatalog(rows[0]?.[0] ?? '', major);
}
