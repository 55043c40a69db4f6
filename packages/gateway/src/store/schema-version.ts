/** Which schema a store has, read without changing it. */
import { newestSchema } from './migrate.ts';

export interface SchemaVersion {
  /** The last migration that ran; 0 for a store that was never set up. */
  readonly found: number;
  /** The last one that this version knows. */
  readonly known: number;
}

/** The rows of a query, of whichever PostgreSQL the store lives in. */
export type Ask = (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

export async function schemaVersion(ask: Ask): Promise<SchemaVersion> {
  const [table] = await ask("select to_regclass('migrations') is not null as there");
  if (table?.['there'] !== true) return { found: 0, known: newestSchema };
  const [newest] = await ask('select coalesce(max(number), 0)::int as number from migrations');
  return { found: Number(newest?.['number']), known: newestSchema };
}
