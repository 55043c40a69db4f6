/** The runs and their wrapped keys. */
import { sql } from 'kysely';
import type { Database } from './store.ts';

export interface RunName {
  readonly principal: string;
  readonly onBehalfOf: string | null;
  readonly run: string;
}

export interface RunRow {
  readonly id: string;
  readonly wrappedKey: Buffer | null;
}

/** Finds the run, or makes it with the id and key offered; the unique index decides a race. */
export async function findOrMakeRun(
  db: Database,
  name: RunName,
  offered: { id: string; wrappedKey: Buffer },
): Promise<RunRow> {
  const read = () =>
    sql<{ id: string; wrapped_key: Uint8Array | null }>`
    select id, wrapped_key from runs
    where principal = ${name.principal} and run = ${name.run} and coalesce(on_behalf_of, '') = ${name.onBehalfOf ?? ''}`.execute(
      db,
    );
  let found = (await read()).rows[0];
  if (found === undefined) {
    await sql`
      insert into runs (id, principal, on_behalf_of, run, wrapped_key)
      values (${offered.id}, ${name.principal}, ${name.onBehalfOf}, ${name.run}, ${offered.wrappedKey})
      on conflict do nothing`.execute(db);
    found = (await read()).rows[0];
  }
  if (found === undefined) throw new Error('a run vanished between two reads');
  return { id: found.id, wrappedKey: found.wrapped_key === null ? null : Buffer.from(found.wrapped_key) };
}

export async function findRunKey(db: Database, id: string): Promise<Buffer | null> {
  const { rows } = await sql<{
    wrapped_key: Uint8Array | null;
  }>`select wrapped_key from runs where id = ${id}`.execute(db);
  const key = rows[0]?.wrapped_key ?? null;
  return key === null ? null : Buffer.from(key);
}
