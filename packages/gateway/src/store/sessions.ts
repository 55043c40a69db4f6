/**
 * Sessions as the store holds them: digests, never secrets. A session is in force while it was not ended, was used of
 * late, and is younger than its end; all by the store's clock.
 */
import type { SessionId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

export interface SessionRow {
  readonly id: SessionId;
  readonly kind: 'browser' | 'command';
  readonly account: string;
  readonly groups: readonly string[];
  readonly csrf: string;
  readonly created_at: Date;
  readonly used_at: Date;
  readonly expires_at: Date;
  readonly confirmed: boolean;
  /** Milliseconds since its secret was made, since it was used, and until its end. */
  readonly secret_age: number;
  readonly idle: number;
  readonly left: number;
}

const columns = sql.raw(`id, kind, account, groups, csrf, created_at, used_at, expires_at,
  confirmed_at is not null as confirmed,
  (extract(epoch from clock_timestamp() - rotated_at) * 1000)::float8 as secret_age,
  (extract(epoch from clock_timestamp() - used_at) * 1000)::float8 as idle,
  (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as left`);

export interface NewSession extends Pick<SessionRow, 'id' | 'kind' | 'account' | 'groups' | 'csrf'> {
  readonly digest: string;
  /** Digest of what it is made of. */
  readonly signIn: string;
  /** Milliseconds it may last. */
  readonly lastsMs: number;
}

/** @returns null where a session was made of the same before. */
export async function insertSession(
  db: Database,
  session: NewSession,
  event: NewEvent,
): Promise<SessionRow | null> {
  const { rows } = await sql<SessionRow>`
    with made as (
      insert into sessions (id, kind, account, groups, digest, csrf, sign_in, expires_at)
      values (${session.id}, ${session.kind}, ${session.account}, ${JSON.stringify(session.groups)}::text::jsonb,
              ${session.digest}, ${session.csrf}, ${session.signIn},
              clock_timestamp() + ${session.lastsMs}::float8 * interval '1 millisecond')
      on conflict (sign_in) do nothing returning *),
    ${eventCtes(event, 'made')}
    select ${columns} from made`.execute(db);
  return rows[0] ?? null;
}

/** The session in force that a secret belongs to, and whether it is the secret that holds now or the one before. */
export async function findSession(
  db: Database,
  digest: string,
  idleMs: number,
): Promise<(SessionRow & { readonly current: boolean }) | null> {
  const { rows } = await sql<SessionRow & { current: boolean }>`
    select ${columns}, digest = ${digest} as current from sessions
    where (digest = ${digest} or earlier_digest = ${digest}) and ended_at is null
      and expires_at > clock_timestamp()
      and used_at > clock_timestamp() - ${idleMs}::float8 * interval '1 millisecond'`.execute(db);
  return rows[0] ?? null;
}

/** The session that was not ended and whose secret that holds now is one of these. */
export async function findSessionAmong(db: Database, digests: readonly string[]): Promise<SessionId | null> {
  const { rows } = await sql<{ id: SessionId }>`
    select id from sessions where digest in (${sql.join(digests)}) and ended_at is null`.execute(db);
  return rows[0]?.id ?? null;
}

/** How many sessions an account began in the last hour. */
export async function sessionsBegunOf(db: Database, account: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from sessions
    where account = ${account} and created_at > clock_timestamp() - interval '1 hour'`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Removes what nothing rests on any more: no call waits for as long as sessions are kept after their end. */
export async function dropOldSessions(db: Database): Promise<void> {
  const old = sql`(select id from sessions where expires_at < now() - interval '90 days')`;
  await sql`delete from fresh_sign_ins where session in ${old}`.execute(db);
  await sql`delete from sessions where id in ${old}`.execute(db);
}

/** The session in force of an id. */
export async function findSessionById(
  db: Database,
  id: SessionId,
  idleMs: number,
): Promise<SessionRow | null> {
  const { rows } = await sql<SessionRow>`
    select ${columns} from sessions
    where id = ${id} and ended_at is null and expires_at > clock_timestamp()
      and used_at > clock_timestamp() - ${idleMs}::float8 * interval '1 millisecond'`.execute(db);
  return rows[0] ?? null;
}

/** Notes that a session was used, with the secret that holds now. */
export async function touchSession(db: Database, id: SessionId, digest: string): Promise<void> {
  await sql`
    update sessions set used_at = clock_timestamp(), confirmed_at = coalesce(confirmed_at, clock_timestamp())
    where id = ${id} and digest = ${digest} and ended_at is null`.execute(db);
}

/** Puts another secret in the place of the one that holds now. Does nothing where that was done before. */
export async function rotateSession(db: Database, id: SessionId, from: string, to: string): Promise<void> {
  await sql`
    update sessions set digest = ${to}, earlier_digest = ${from}, rotated_at = clock_timestamp(),
                        confirmed_at = null, used_at = clock_timestamp()
    where id = ${id} and digest = ${from} and ended_at is null`.execute(db);
}

/** @returns whether it was in force until now. */
export async function endSession(
  db: Database,
  id: SessionId,
  revoked: boolean,
  event: NewEvent,
): Promise<boolean> {
  const { rows } = await sql`
    with ended as (
      update sessions set ended_at = clock_timestamp(), revoked = ${revoked}
      where id = ${id} and ended_at is null returning id),
    ${eventCtes(event, 'ended')}
    select id from ended`.execute(db);
  return rows.length === 1;
}

/** The latest sessions that were not ended, the newest first. */
export async function listSessions(db: Database): Promise<readonly SessionRow[]> {
  const { rows } = await sql<SessionRow>`
    select ${columns} from sessions where ended_at is null and expires_at > clock_timestamp()
    order by created_at desc, id limit 1000`.execute(db);
  return rows;
}
