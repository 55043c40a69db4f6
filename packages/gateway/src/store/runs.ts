/** Looks runs up, and what belongs to them. Each walks an index for a bounded way, whatever the record has grown to. */
import type { CallId, CallState, RunId } from '@countersign/core';
import { type RawBuilder, sql } from 'kysely';
import { isSeenBy, type Onlooker } from './approvals.ts';
import { type CallRow, callColumns } from './call-row.ts';
import type { Database } from './store.ts';

/** Runs that one look goes past; what is rarer than that takes several. */
const walked = 1000;
/** Calls of a run that a summary counts. */
const counted = 1000;

export interface RunFilter {
  readonly principal?: string | undefined;
  readonly person?: string | undefined;
  readonly connection?: string | undefined;
  readonly state?: CallState | undefined;
  readonly text?: string | undefined;
  readonly after?: RunId | undefined;
  readonly limit: number;
}

export interface FoundRuns {
  readonly ids: readonly RunId[];
  /** The last run that was looked at, where there may be more. */
  readonly next: RunId | null;
}

/**
 * The runs that a filter lets through, the latest first; by their names where it is about these. An onlooker finds those
 * with a call they may look at; one who sees everything finds all.
 */
export async function findRuns(db: Database, filter: RunFilter, onlooker: Onlooker): Promise<FoundRuns> {
  const { principal, person, connection, state, text, after, limit } = filter;
  const byText = text !== undefined;
  const place = sql.raw(byText ? 'r.run collate "C", r.id' : 'r.created_at, r.id');
  const beyond = sql.raw(byText ? '>' : '<');
  const conditions: RawBuilder<unknown>[] = [
    ...(after === undefined
      ? []
      : [sql`(${place}) ${beyond} (select ${place} from runs r where r.id = ${after})`]),
    // Ids are printable ASCII, so that nothing stands behind all that begin with the text but this.
    ...(text === undefined
      ? []
      : [sql`r.run collate "C" >= ${text} and r.run collate "C" < ${`${text}\u007f`}`]),
    // The way leads by one index only: what is beside it is looked at on the way, so that it stays bounded.
    ...(principal === undefined || byText ? [] : [sql`r.principal = ${principal}`]),
  ];
  const ofPrincipal = principal === undefined ? sql`true` : sql`w.principal = ${principal}`;
  const ofCall: RawBuilder<unknown>[] = [
    ...(connection === undefined ? [] : [sql`c.connection = ${connection}`]),
    ...(state === undefined ? [] : [sql`c.state = ${state}`]),
    ...(person === undefined ? [] : [sql`(c.on_behalf_of = ${person} or c.owner = ${person})`]),
  ];
  const someCall = (which: readonly RawBuilder<unknown>[]) =>
    which.length === 0
      ? sql`true`
      : sql`exists (select 1 from calls c where c.run_id = w.id and ${sql.join(which, sql` and `)})`;
  const seen = onlooker.everything ? sql`true` : someCall([isSeenBy(onlooker)]);
  const { rows } = await sql<{ id: RunId; found: boolean }>`
    with w as materialized (
      select r.id, r.principal, row_number() over () as n from (
        select r.id, r.principal from runs r where ${conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)}
        order by ${sql.raw(byText ? 'r.run collate "C", r.id' : 'r.created_at desc, r.id desc')} limit ${walked}) r)
    select w.id, (${ofPrincipal} and ${someCall(ofCall)} and ${seen}) as found from w order by w.n`.execute(
    db,
  );
  const found = rows.filter((row) => row.found).slice(0, limit);
  const full = found.length === limit ? found.at(-1) : rows.length === walked ? rows.at(-1) : undefined;
  return { ids: found.map(({ id }) => id), next: full?.id ?? null };
}

export interface RunRow {
  readonly id: RunId;
  readonly run: string;
  readonly principal: string;
  readonly on_behalf_of: string | null;
  readonly created_at: Date;
  readonly last_call_at: Date | null;
  readonly states: Readonly<Partial<Record<CallState, number>>> | null;
  readonly connections: readonly string[] | null;
}

/** What a page shows of these runs, in the order they are given. Their first calls are counted, not all of a long one. */
export async function summarizeRuns(db: Database, ids: readonly RunId[]): Promise<readonly RunRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<RunRow>`
    select r.id, r.run, r.principal, r.on_behalf_of, r.created_at, s.states, s.connections,
      (select max(l.created_at) from calls l where l.run_id = r.id) as last_call_at
    from jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb) with ordinality as i (id, n)
    join runs r on r.id = i.id, lateral (
      with o as (
        select c.state, c.connection from calls c where c.run_id = r.id order by c.created_at, c.id limit ${counted})
      select (select jsonb_object_agg(state, n) from (select state, count(*) as n from o group by state) g) as states,
             (select jsonb_agg(distinct connection) from o) as connections) s
    order by i.n`.execute(db);
  return rows;
}

/** Whether the onlooker may look at a run: at one of its calls. */
export async function seesRun(db: Database, id: RunId, onlooker: Onlooker): Promise<boolean> {
  const { rows } = await sql`
    select 1 from runs r where r.id = ${id}
    and ${onlooker.everything ? sql`true` : sql`exists (select 1 from calls c where c.run_id = r.id and ${isSeenBy(onlooker)})`}`.execute(
    db,
  );
  return rows.length > 0;
}

/** A page of a run's calls, the first one first. */
export async function callsOfRun(
  db: Database,
  run: RunId,
  { after, limit }: { readonly after?: CallId | undefined; readonly limit: number },
): Promise<readonly CallRow[]> {
  const beyond =
    after === undefined
      ? sql`true`
      : sql`(c.created_at, c.id) > (select b.created_at, b.id from calls b where b.id = ${after})`;
  const { rows } = await sql<CallRow>`
    select ${callColumns} from calls c left join approvals a on a.call_id = c.id
    where c.run_id = ${run} and ${beyond} order by c.created_at, c.id limit ${limit}`.execute(db);
  return rows;
}

/** The events of these calls, in the order they happened, at most so many of a call. */
export async function eventsOfCalls(
  db: Database,
  calls: readonly CallId[],
  each: number,
): Promise<readonly { readonly call: CallId; readonly bytes: string }[]> {
  if (calls.length === 0) return [];
  const { rows } = await sql<{ call: CallId; bytes: string }>`
    select i.id as call, e.bytes
    from jsonb_array_elements_text(${JSON.stringify(calls)}::text::jsonb) as i (id), lateral (
      select e.bytes, e.ordinal from events e where e.call_id = i.id order by e.ordinal limit ${each}) e
    order by e.ordinal`.execute(db);
  return rows;
}
