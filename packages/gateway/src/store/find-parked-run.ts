/** Reads parked runs: one, or all of an owner. */
import type { ParkedRunId } from '@countersign/core';
import { sql } from 'kysely';
import { isOwn, type ParkedRunRow, parkedRunColumns, type RunOwner } from './parked-run-row.ts';
import type { Database } from './store.ts';

export async function findParkedRun(
  db: Database,
  owner: RunOwner,
  id: ParkedRunId,
): Promise<ParkedRunRow | null> {
  const { rows } =
    await sql<ParkedRunRow>`select ${parkedRunColumns} from parked_runs p where ${isOwn(owner, id)}`.execute(
      db,
    );
  return rows[0] ?? null;
}

/** Whether the id is in use, by anyone. */
export async function parkedRunExists(db: Database, id: ParkedRunId): Promise<boolean> {
  const { rows } = await sql`select 1 from parked_runs where id = ${id}`.execute(db);
  return rows.length > 0;
}

/** The oldest first. Their number is bounded where they are parked. */
export async function listParkedRuns(db: Database, owner: RunOwner): Promise<readonly ParkedRunRow[]> {
  const { rows } = await sql<ParkedRunRow>`
    select ${parkedRunColumns} from parked_runs p
    where p.principal = ${owner.principal} and p.on_behalf_of is not distinct from ${owner.onBehalfOf}::text
    order by p.parked_at, p.id`.execute(db);
  return rows;
}

/** The state of a run, in base64: as text, for the same reason as on the way in. */
export async function readParkedState(db: Database, id: ParkedRunId): Promise<string | null> {
  const { rows } = await sql<{ state: string }>`
    select translate(encode(state, 'base64'), chr(10), '') as state from parked_runs where id = ${id}`.execute(
    db,
  );
  return rows[0]?.state ?? null;
}
