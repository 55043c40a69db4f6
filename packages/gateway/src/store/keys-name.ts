/** Which keys a store is written with: those of the gateway that came first, whether or not a head is signed yet. */
import { sql } from 'kysely';
import type { Database } from './store.ts';

/** The name of the keys; null for a store that nobody has written with any yet. */
export async function findKeysName(db: Database): Promise<string | null> {
  const { rows } = await sql<{ name: string | null }>`
    select coalesce((select key from heads order by heads.size desc limit 1),
                    (select value from meta where meta.name = 'keys')) as name`.execute(db);
  return rows[0]?.name ?? null;
}

/** Of gateways that start at once, each with keys of its own, the first one's name stays. */
export async function keepKeysName(db: Database, name: string): Promise<void> {
  await sql`insert into meta (name, value) values ('keys', ${name}) on conflict (name) do nothing`.execute(
    db,
  );
}
