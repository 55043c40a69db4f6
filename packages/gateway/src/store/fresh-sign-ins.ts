/** Sign-ins made for one approval. What proves them is encrypted under the run's key. */
import type { SessionId } from '@countersign/core';
import { sql } from 'kysely';
import type { Database } from './store.ts';

export interface FreshSignIn {
  readonly session: SessionId;
  readonly digest: string;
  readonly signedInAt: Date;
  readonly runId: string;
  readonly evidence: Buffer;
}

/** Keeps a sign-in in the place of an earlier one by the same session for the same approval. */
export async function keepFreshSignIn(db: Database, fresh: FreshSignIn): Promise<void> {
  await sql`
    insert into fresh_sign_ins (session, approval_digest, signed_in_at, run_id, evidence)
    values (${fresh.session}, ${fresh.digest}, ${fresh.signedInAt.toISOString()}::timestamptz, ${fresh.runId},
            ${fresh.evidence}::bytea)
    on conflict (session, approval_digest) do update
    set signed_in_at = excluded.signed_in_at, evidence = excluded.evidence`.execute(db);
}

/** A session's sign-in for an approval that is no older than so many milliseconds, by the store's clock. */
export async function findFreshSignIn(
  db: Database,
  session: string,
  digest: string,
  freshMs: number,
): Promise<{ readonly signedInAt: Date; readonly evidence: Buffer } | null> {
  const { rows } = await sql<{ signed_in_at: Date; evidence: Uint8Array }>`
    select signed_in_at, evidence from fresh_sign_ins
    where session = ${session} and approval_digest = ${digest}
      and signed_in_at > clock_timestamp() - ${freshMs}::float8 * interval '1 millisecond'
      and signed_in_at < clock_timestamp() + interval '1 minute'`.execute(db);
  const row = rows[0];
  return row === undefined ? null : { signedInAt: row.signed_in_at, evidence: Buffer.from(row.evidence) };
}
