/** Analyses SQL against a schema in a file, without a server: what the cases of a policy are judged by. */

import { type CallInput, CountersignError, type Effect, type Lineage } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { catalogQuery, createAnalyser, isSupportedMajor, readCatalog } from '@countersign/postgres';
import { PGlite } from '@electric-sql/pglite';
import { parseInput } from './input.ts';

/**
 * Tells what a call would do to the schema that it was made for.
 *
 * @throws {CountersignError} with the code of the denial.
 */
export type SchemaAnalyser = (
  connection: Pick<ConnectionConfig, 'protocol'>,
  input: CallInput,
) => Promise<{ readonly effects: readonly Effect[]; readonly lineage: Lineage }>;

/**
 * Makes an analyser for a schema. It builds it in a throw-away PostgreSQL inside this process (PGlite), and reads its catalog.
 *
 * @throws {CountersignError} `config_invalid` where the text does not run.
 */
export async function schemaAnalyser(schema: string): Promise<SchemaAnalyser> {
  const database = await PGlite.create();
  try {
    await database.exec(schema);
    const version = await database.query<{ version: string }>(
      "select current_setting('server_version_num') as version",
    );
    const major = Math.floor(Number(version.rows[0]?.version) / 10_000);
    if (!isSupportedMajor(major))
      throw new CountersignError('not_supported', { what: `PostgreSQL ${major}` });
    const { rows } = await database.query<[string]>(catalogQuery(major), [], { rowMode: 'array' });
    const catalog = readCatalog(rows[0]?.[0] ?? '', major);
    const analyser = createAnalyser();
    return async ({ protocol }, input) => {
      if (protocol !== 'postgres')
        throw new CountersignError('not_supported', { what: `${protocol} against a schema file` });
      const { sql, params } = parseInput(input);
      const found = await analyser.analyse(sql, catalog, { parameters: params.length });
      if (!found.ok) throw new CountersignError(found.code, { what: found.what });
      return { effects: found.effects, lineage: found.lineage };
    };
  } catch (cause) {
    if (cause instanceof CountersignError) throw cause;
    const what = cause instanceof Error ? cause.message : 'the schema does not run';
    throw new CountersignError('config_invalid', { what, expected: 'SQL that builds the schema' }, { cause });
  } finally {
    await database.close();
  }
}
