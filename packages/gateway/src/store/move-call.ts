/**
 * A move of a call: one guarded statement that writes the new state and the event of the move together, or nothing.
 * The guard names the states it may come from; `and` adds what else must hold at that instant, by the store's clock.
 * `moved` is a primary-key look-up and one row update.
 */
import type { CallId, CallState } from '@countersign/core';
import { type RawBuilder, sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import { movedChannel } from './listen.ts';
import type { Database } from './store.ts';

export interface Move {
  readonly call: CallId;
  readonly from: readonly CallState[];
  readonly to: CallState;
  /** The call's new code: why it is where it is. */
  readonly code: string;
  /** Further columns to set: `start_by = …`. */
  readonly set?: RawBuilder<unknown>;
  /** A condition on `calls c`, over and above its state. */
  readonly and?: RawBuilder<unknown>;
  /** Further CTEs, which may refer to `moved`. */
  readonly also?: RawBuilder<unknown>;
  readonly event: NewEvent;
}

/** @returns whether the call moved; when not, it was not in one of the states, or the condition did not hold. */
export async function moveCall(db: Database, move: Move): Promise<boolean> {
  const set = move.set === undefined ? sql`` : sql`, ${move.set}`;
  const and = move.and === undefined ? sql`` : sql` and ${move.and}`;
  const also = move.also === undefined ? sql`` : sql`, ${move.also}`;
  // Only those who wait for a decision wait at all; other moves spare the store the cost of a notice.
  const notice =
    move.from.includes('waiting') || move.from.includes('submitted')
      ? sql`, pg_notify(${movedChannel}, id)`
      : sql``;
  const { rows } = await sql`
    with moved as (
      update calls c set state = ${move.to}, code = ${move.code}${set}
      where c.id = ${move.call} and c.state in (${sql.join(move.from)})${and}
      returning c.id),
    ${eventCtes(move.event, 'moved')}${also}
    select id${notice} from moved`.execute(db);
  return rows.length === 1;
}
