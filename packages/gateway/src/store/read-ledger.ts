/** Reads the ledger back: events by index, and signed heads. */
import type { CallId, SignedHead } from '@countersign/core';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './store.ts';

export interface IndexedEvent {
  readonly id: string;
  readonly index: number;
  readonly bytes: string;
  readonly contents: readonly string[];
}

/** Which events: those with an index above `after` and up to `upTo`, and what narrows them. */
export interface EventFilter {
  readonly after: number;
  readonly upTo: number;
  readonly call?: CallId | undefined;
  /** A run's id in the record, or the one that the application gave it. */
  readonly run?: string | undefined;
  /** RFC 3339 in UTC with milliseconds, as events have it. */
  readonly since?: string | undefined;
}

/** When an event was written. `actor` alone sorts before `at`, and no quote in it is bare, so the first match is the place. */
const at = sql<string>`substr(e.bytes, strpos(e.bytes, ',"at":"') + 7, 24) collate "C"`;

/** Events by {@link EventFilter}, in order, each with the names of the contents kept beside it. */
export async function readEvents(
  db: Database,
  filter: EventFilter,
  limit: number,
): Promise<readonly IndexedEvent[]> {
  const { rows } = await sql<IndexedEvent>`
    ${wanted(filter)}
    select e.id, e.index::float8 as index, e.bytes,
           coalesce((select jsonb_agg(c.name order by c.name) from contents c where c.event_id = e.id), '[]') as contents
    from wanted e order by e.index limit ${limit}`.execute(db);
  return rows;
}

/** The index above which the last `count` of these events are; `after` where there are fewer. */
export async function beforeLast(db: Database, filter: EventFilter, count: number): Promise<number> {
  const { rows } = await sql<{ first: number }>`
    ${wanted(filter)}
    select e.index::float8 as first from wanted e order by e.index desc offset ${count - 1} limit 1`.execute(
    db,
  );
  return (rows[0]?.first ?? filter.after + 1) - 1;
}

/**
 * An index above which all events since a time are, and few older ones: found by halving, because indexes rise with time
 * but for what was committed late. That takes less than a minute.
 */
export async function beforeTime(db: Database, { after, upTo }: EventFilter, since: string): Promise<number> {
  const early = new Date(Date.parse(since) - lateMs).toISOString();
  let [low, high] = [after + 1, upTo + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { rows } = await sql<{
      at: string;
    }>`select ${at} as at from events e where e.index = ${middle}`.execute(db);
    if ((rows[0]?.at ?? '') < early) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const lateMs = 60_000;

/**
 * The events of a filter as a CTE. A call's are found by the call, a run's by its calls and by the run itself: each by an
 * index, and before they are put in order, so that no plan walks the whole ledger for them.
 */
function wanted({ after, upTo, call, run, since }: EventFilter): RawBuilder<unknown> {
  const runs = sql`select r.id from runs r where r.id = ${run} or r.run collate "C" = ${run}`;
  const conditions = [
    sql`e.index > ${after} and e.index <= ${upTo}`,
    ...(call === undefined ? [] : [sql`e.call_id = ${call}`]),
    ...(run === undefined
      ? []
      : [
          sql`e.id in (select o.id from calls c join events o on o.call_id = c.id where c.run_id in (${runs})
                       union all
                       select o.id from events o where o.call_id is null and o.run_id in (${runs}))`,
        ]),
    ...(since === undefined ? [] : [sql`${at} >= ${since}`]),
  ];
  const narrowed = call !== undefined || run !== undefined;
  return sql`with wanted as ${sql.raw(narrowed ? 'materialized' : 'not materialized')} (
    select e.id, e.index, e.bytes from events e where ${sql.join(conditions, sql` and `)})`;
}

export async function latestHead(db: Database): Promise<SignedHead | null> {
  const { rows } = await sql<SignedHead>`
    select size::float8 as size, root, at, key, signature from heads order by heads.size desc limit 1`.execute(
    db,
  );
  return rows[0] ?? null;
}
