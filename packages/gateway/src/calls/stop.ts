/** The kill switch. It outranks consent already given: what waits, is allowed or approved is cancelled, what runs is ended. */
import {
  CountersignError,
  type Principal,
  type StopId,
  type StopRequest,
  type StopScope,
} from '@countersign/core';
import { sql } from 'kysely';
import { insertStop, liftStop, type StopRow } from '../store/stops.ts';
import { faultOf } from '../store/store-fault.ts';
import { cancel, type Endable } from './end.ts';
import type { Room } from './room.ts';

/** Cancellations that may fail before the store counts as down, and the rest is not tried. */
const mostFaults = 3;

export interface StopDone {
  readonly stop: StopRow;
  readonly cancelled: number;
  readonly ended: number;
}

export function subjectOf(scope: StopScope): string {
  switch (scope.kind) {
    case 'all':
      return '*';
    case 'principal':
      return scope.principal;
    case 'connection':
      return scope.connection;
  }
}

/** Ends what runs here though a stop is in force: it was made elsewhere, or just as the call was claimed. */
export function endStopped({ running, stops }: Pick<Room, 'running' | 'stops'>): void {
  running.abort(
    ({ principal, connection }) => stops.holds(principal, connection),
    new CountersignError('stopped'),
  );
}

/** From the moment the stop stands in the store no claim passes its guard; cancelling and ending come after. */
export async function stop(room: Room, by: Principal, request: StopRequest): Promise<StopDone> {
  const { scope } = request;
  const reason = request.reason ?? null;
  const id = room.runtime.newId('stop');
  const subject = subjectOf(scope);
  const event = await room.ledger.event({
    type: 'stop.made',
    actor: by.id,
    data: { stop: id, kind: scope.kind, subject },
  });
  room.runtime.reached('stop.before');
  const row = await insertStop(room.db, { id, kind: scope.kind, subject, reason, by: by.id }, event);
  room.runtime.reached('stop.after');
  await room.stops.refresh();
  const matches = (call: { principal: string; connection: string }) =>
    scope.kind === 'all' ||
    (scope.kind === 'principal' ? call.principal === subject : call.connection === subject);
  const ended = room.running.abort(matches, new CountersignError('stopped'));
  const cancelled = await cancelMatching(room, by, scope.kind, subject);
  room.ledger.wake();
  room.log.warn({ stop: id, kind: scope.kind, cancelled, ended }, 'stopped');
  return { stop: row, cancelled, ended };
}

async function cancelMatching(
  room: Room,
  by: Principal,
  kind: StopScope['kind'],
  subject: string,
): Promise<number> {
  const { rows } = await sql<Endable>`
    select id, run, run_id from calls where state in ('submitted', 'waiting', 'allowed', 'approved')
    and (${kind} = 'all' or (${kind} = 'principal' and principal = ${subject}) or (${kind} = 'connection' and connection = ${subject}))
    order by created_at, id`.execute(room.db);
  let cancelled = 0;
  const faults: CountersignError[] = [];
  for (const call of rows) {
    try {
      if (await cancel(room, call, by.id, 'stopped')) cancelled++;
    } catch (thrown) {
      faults.push(faultOf(thrown));
      if (faults.length === mostFaults) break;
    }
  }
  // One that can't be cancelled leaves none of the others as they are.
  if (faults[0] !== undefined) throw faults[0];
  return cancelled;
}

/** @throws {CountersignError} `not_found` for a stop that does not exist or was lifted before. */
export async function lift(room: Room, by: Principal, id: StopId): Promise<void> {
  const event = await room.ledger.event({ type: 'stop.lifted', actor: by.id, data: { stop: id } });
  if (!(await liftStop(room.db, id, event))) throw new CountersignError('not_found', { what: id });
  await room.stops.refresh();
  room.ledger.wake();
}
