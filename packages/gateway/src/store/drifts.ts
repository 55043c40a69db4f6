/** Executions of a run that were rolled back because their effect was other than shown. By the index on runs and effects. */
import type { EventId } from '@countersign/core';
import { sql } from 'kysely';
import type { Database } from './store.ts';

export interface Drifts {
  /** In the run. */
  readonly rounds: number;
  /** Of the same statement and effects. */
  readonly same: number;
  /** The preview that was approved before the latest of those; null where there was none. */
  readonly preview: EventId | null;
}

export async function driftsIn(db: Database, runId: string, effectKey: string): Promise<Drifts> {
  const { rows } = await sql<Drifts>`
    select count(*)::float8 as rounds, (count(*) filter (where c.effect_key = ${effectKey}))::float8 as same,
      (array_agg(a.preview_event order by c.finished_at desc)
        filter (where c.effect_key = ${effectKey} and a.preview_event is not null))[1] as preview
    from calls c left join approvals a on a.call_id = c.id
    where c.run_id = ${runId} and c.state = 'failed' and c.code = 'effect_drift'`.execute(db);
  return rows[0] ?? { rounds: 0, same: 0, preview: null };
}
