/** What the store remembers of earlier calls: rejections, open outcomes, how much waits. Each is one index look-up. */
import { sql } from 'kysely';
import type { Database } from './store.ts';

/** Whether a write with this key is unknown, or succeeded and was never fetched. `except` leaves one call out. */
export async function hasOpenOutcome(
  db: Database,
  inputKey: string,
  except: string | null,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from calls
    where input_key = ${inputKey} and writes and settled_at is null and id is distinct from ${except}::text
      and (state = 'unknown' or (state = 'succeeded' and fetched_at is null)) limit 1`.execute(db);
  return rows.length > 0;
}

export interface RejectionQuestion {
  readonly inputKey: string;
  readonly runId: string;
  readonly effectKey: string;
  readonly memoryMs: number;
}

/** Whether a person rejected the same thing a short while ago. */
export async function wasRejected(
  db: Database,
  { inputKey, runId, effectKey, memoryMs }: RejectionQuestion,
): Promise<boolean> {
  const since = sql`clock_timestamp() - ${memoryMs}::float8 * interval '1 millisecond'`;
  const { rows } = await sql`
    (select 1 from calls where input_key = ${inputKey} and rejected_at > ${since} limit 1)
    union all
    (select 1 from calls where run_id = ${runId} and effect_key = ${effectKey} and rejected_at > ${since} limit 1)`.execute(
    db,
  );
  return rows.length > 0;
}

export async function asksInLastHour(db: Database, principal: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::float8 as n from calls
    where principal = ${principal} and asked_at > clock_timestamp() - interval '1 hour'`.execute(db);
  return rows[0]?.n ?? 0;
}

/** A write's result reached the agent. */
export async function markFetched(db: Database, call: string): Promise<void> {
  await sql`update calls set fetched_at = clock_timestamp() where id = ${call} and fetched_at is null`.execute(
    db,
  );
}
