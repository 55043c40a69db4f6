/** Takes away, in one statement, all that the accounts of one human were let in by: sessions, ended ones too, and tokens. */
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

/** @returns how many sessions and how many tokens. Votes that were cast by any of them no longer count. */
export async function revokeAccounts(
  db: Database,
  accounts: readonly string[],
  event: NewEvent,
): Promise<{ readonly sessions: number; readonly tokens: number }> {
  const theirs = sql`(select jsonb_array_elements_text(${JSON.stringify(accounts)}::text::jsonb))`;
  const { rows } = await sql<{ sessions: number; tokens: number }>`
    with one as (select 1),
    taken_sessions as (
      update sessions set revoked = true, ended_at = coalesce(ended_at, clock_timestamp())
      where account in ${theirs} and not revoked returning id),
    taken_tokens as (
      update tokens set revoked_at = clock_timestamp()
      where class = 'person' and 'local:' || name in ${theirs} and revoked_at is null returning id),
    ${eventCtes(event, 'one')}
    select (select count(*) from taken_sessions)::int as sessions, (select count(*) from taken_tokens)::int as tokens`.execute(
    db,
  );
  return rows[0] ?? { sessions: 0, tokens: 0 };
}
