/** Stops: the kill switch, for all, one principal or one connection, until it is lifted. */
import type { StopId, StopScope } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

export interface StopRow {
  readonly id: StopId;
  readonly kind: StopScope['kind'];
  readonly subject: string;
  readonly reason: string | null;
  readonly by: string;
  readonly created_at: Date;
  readonly lifted_at: Date | null;
}

/** Holds where no stop is in force for the call `c`: part of the guard of every move towards execution. */
export const notStopped = sql`not exists (
  select 1 from stops s where s.lifted_at is null
  and (s.kind = 'all' or (s.kind = 'principal' and s.subject = c.principal) or (s.kind = 'connection' and s.subject = c.connection)))`;

export async function insertStop(
  db: Database,
  stop: Omit<StopRow, 'created_at' | 'lifted_at'>,
  event: NewEvent,
): Promise<StopRow> {
  const { rows } = await sql<StopRow>`
    with made as (
      insert into stops (id, kind, subject, reason, by) values (${stop.id}, ${stop.kind}, ${stop.subject}, ${stop.reason}, ${stop.by})
      returning *),
    ${eventCtes(event, 'made')}
    select id, kind, subject, reason, by, created_at, lifted_at from made`.execute(db);
  const row = rows[0];
  if (row === undefined) throw new Error('an insert returned no row');
  return row;
}

export async function liftStop(db: Database, id: StopId, event: NewEvent): Promise<boolean> {
  const { rows } = await sql`
    with lifted as (update stops set lifted_at = clock_timestamp() where id = ${id} and lifted_at is null returning id),
    ${eventCtes(event, 'lifted')}
    select id from lifted`.execute(db);
  return rows.length === 1;
}

export async function listStops(db: Database): Promise<readonly StopRow[]> {
  const { rows } = await sql<StopRow>`
    select id, kind, subject, reason, by, created_at, lifted_at from stops order by created_at desc limit 1000`.execute(
    db,
  );
  return rows;
}

export async function isStopped(db: Database, principal: string, connection: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from stops where lifted_at is null
    and (kind = 'all' or (kind = 'principal' and subject = ${principal}) or (kind = 'connection' and subject = ${connection})) limit 1`.execute(
    db,
  );
  return rows.length > 0;
}
