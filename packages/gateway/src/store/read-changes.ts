/**
 * Reads, from the ledger, what changed for people and agents that wait: by the index on indexes, from where the reader
 * was. The type stands at the very end of an event's canonical bytes, where nothing that anybody wrote can stand.
 */
import { sql } from 'kysely';
import type { Database } from './store.ts';

export interface ChangeEvent {
  readonly index: number;
  readonly bytes: string;
}

/** Characters that the longest of the types takes at the end, with its key, its quotes and the version. */
const tail = 60;

/** The highest index there is; -1 for an empty ledger. */
export async function lastIndex(db: Database): Promise<number> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(events.index), -1)::float8 as last from events`.execute(db);
  return rows[0]?.last ?? -1;
}

/** Events of these types with an index above `after` and up to `upTo`, in order. */
export async function readChanges(
  db: Database,
  types: readonly string[],
  range: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<readonly ChangeEvent[]> {
  const ending = `"type":"(${types.map((type) => type.replaceAll('.', '[.]')).join('|')})","v":1}$`;
  const { rows } = await sql<ChangeEvent>`
    select e.index::float8 as index, e.bytes from events e
    where e.index > ${range.after} and e.index <= ${range.upTo} and right(e.bytes, ${tail}) ~ ${ending}
    order by e.index limit ${range.limit}`.execute(db);
  return rows;
}
