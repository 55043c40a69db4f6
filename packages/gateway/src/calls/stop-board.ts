/**
 * The stops in force, as this gateway knows them: a quick no for what is submitted. The guard of the claim, in the
 * store, is what holds; this only spares the work before it.
 */
import { sql } from 'kysely';
import type { StopRow } from '../store/stops.ts';
import type { Database } from '../store/store.ts';

export interface StopBoard {
  holds(principal: string, connection: string): boolean;
  /** Reads them again: at the start, after each change, and now and then for changes made elsewhere. */
  refresh(): Promise<void>;
}

export async function createStopBoard(db: Database): Promise<StopBoard> {
  let stops: readonly Pick<StopRow, 'kind' | 'subject'>[] = [];
  const board: StopBoard = {
    holds: (principal, connection) =>
      stops.some(
        ({ kind, subject }) =>
          kind === 'all' || (kind === 'principal' ? subject === principal : subject === connection),
      ),
    refresh: async () => {
      const { rows } = await sql<
        Pick<StopRow, 'kind' | 'subject'>
      >`select kind, subject from stops where lifted_at is null`.execute(db);
      stops = rows;
    },
  };
  await board.refresh();
  return board;
}
