/** What calls would do, told from a schema file alone, or from a request itself: no server is reached. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SchemaAnalyser } from '@countersign/gateway';
import type { PolicyTestOptions } from '@countersign/policy';
import { UsageError } from './usage-error.ts';

/**
 * Analyses against the schema files that cases name, each loaded once.
 *
 * A schema that can't be loaded is thrown as a {@link UsageError}: it ends the tests, where a CountersignError would only
 * be the denial of one case.
 *
 * @param directory What their paths are resolved against.
 */
export function schemaAnalyses(directory: string): PolicyTestOptions['analyse'] {
  const loaded = new Map<string, Promise<SchemaAnalyser>>();
  return async (connection, input, schema) => {
    if (!('sql' in input)) {
      const { requestAnalysis } = await import('@countersign/gateway');
      return await requestAnalysis(connection, input);
    }
    if (schema === null)
      throw new UsageError('the cases name no schema', 'schema: FILE.sql at the head of the file');
    const analyser = loaded.get(schema) ?? load(resolve(directory, schema));
    loaded.set(schema, analyser);
    return await (await analyser)(connection, input);
  };
}

async function load(path: string): Promise<SchemaAnalyser> {
  const { schemaAnalyser } = await import('@countersign/gateway');
  try {
    return await schemaAnalyser(await readFile(path, 'utf8'));
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'it does not run';
    throw new UsageError(`the schema ${path} can’t be loaded: ${why}`, 'SQL that builds the schema');
  }
}
