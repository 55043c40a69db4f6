/** Turns and numbers of looks at targets, for all gateways of a store. Each is one statement on one row. */
import { sql } from 'kysely';
import type { Database } from './store.ts';

/** Looks a principal may have in a minute, which begins with the first of them. */
export const looksPerMinute = 120;

/** Counts one more look of a principal, and says whether it may be. */
export async function countLook(db: Database, principal: string): Promise<boolean> {
  const { rows } = await sql`
    insert into looks as l (principal, since, looks) values (${principal}, clock_timestamp(), 1)
    on conflict (principal) do update set
      looks = case when l.since > clock_timestamp() - interval '1 minute' then l.looks + 1 else 1 end,
      since = case when l.since > clock_timestamp() - interval '1 minute' then l.since else clock_timestamp() end
    where l.looks < ${looksPerMinute} or l.since <= clock_timestamp() - interval '1 minute'
    returning 1`.execute(db);
  return rows.length > 0;
}

/**
 * Takes the turn at a connection, where no other gateway has it.
 *
 * @param leaseMs Milliseconds after which another may take it, should this gateway be gone.
 */
export async function takeTurn(
  db: Database,
  connection: string,
  instance: string,
  leaseMs: number,
): Promise<boolean> {
  const { rows } = await sql`
    insert into look_turns as t (connection, instance, leased_until)
    values (${connection}, ${instance}, clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond')
    on conflict (connection) do update set instance = excluded.instance, leased_until = excluded.leased_until
    where t.instance = excluded.instance or t.leased_until <= clock_timestamp()
    returning 1`.execute(db);
  return rows.length > 0;
}

/** Ends the turns of all others, where it is known that they are dead. */
export async function endOtherTurns(db: Database, instance: string): Promise<void> {
  await sql`delete from look_turns where instance <> ${instance}`.execute(db);
}

export async function giveTurn(db: Database, connection: string, instance: string): Promise<void> {
  await sql`delete from look_turns where connection = ${connection} and instance = ${instance}`.execute(db);
}
