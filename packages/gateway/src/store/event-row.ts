/**
 * An event as SQL. Its canonical bytes are made inside the statement that makes the move, because `at` is the store's
 * clock: the JSON is split where the time belongs.
 */
import { canonicalJson, type EventId, type Json } from '@countersign/core';
import { type RawBuilder, sql } from 'kysely';

export interface NewEvent {
  readonly id: EventId;
  readonly type: string;
  readonly actor: string;
  readonly call: string | null;
  readonly run: string | null;
  readonly runId: string | null;
  readonly data: { readonly [name: string]: Json };
  readonly contents: readonly SealedContent[];
}

/** A piece of content beside an event: what the event commits to, and the encrypted box. */
export interface SealedContent {
  readonly name: string;
  readonly commitment: string;
  readonly box: Buffer;
  /** Milliseconds it is kept; null for ever. */
  readonly keepMs: number | null;
}

/** RFC 3339 in UTC with milliseconds, by the store's clock. */
const storeTime = sql`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The canonical bytes of an event. `actor` alone sorts before `at`, and no quote in it is bare, so the first match is the place. */
export function eventBytes(event: NewEvent): RawBuilder<string> {
  const commitments = Object.fromEntries(event.contents.map((content) => [content.name, content.commitment]));
  const { id, type, actor, call, run, data } = event;
  const text = canonicalJson({ v: 1, id, at: '', type, actor, call, run, data, commitments });
  const place = text.indexOf(',"at":"",') + ',"at":"'.length;
  return sql<string>`${text.slice(0, place)}::text || ${storeTime} || ${text.slice(place)}::text`;
}

/**
 * The CTEs that write an event and its contents, once, when `source` (a CTE's name) has a row. To stand after
 * `with SOURCE as (…),`.
 */
export function eventCtes(event: NewEvent, source: string, suffix = ''): RawBuilder<unknown> {
  const from = sql.raw(source);
  const written = sql.raw(`event${suffix}`);
  const inserts = [
    sql`${written} as (
      insert into events (id, bytes, run_id, call_id)
      select ${event.id}::text, ${eventBytes(event)}, ${event.runId}::text, ${event.call}::text from ${from} limit 1
      returning id)`,
    ...event.contents.map(
      (content, index) => sql`${sql.raw(`content${suffix}_${index}`)} as (
      insert into contents (event_id, name, run_id, box, expires_at)
      select id, ${content.name}::text, ${event.runId}::text, ${content.box}::bytea,
             clock_timestamp() + ${content.keepMs}::float8 * interval '1 millisecond' from ${written})`,
    ),
  ];
  return sql.join(inserts, sql`, `);
}
