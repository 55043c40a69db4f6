/**
 * What webhooks are told. The ledger is the outbox: what happened stands there in the transaction in which it happened, and
 * how far it was looked through for each webhook moves in the transaction that makes the deliveries. One gateway sends a
 * delivery at a time, by a lease; what it had sent and not noted when it died is sent again, with the same id.
 *
 * ```
 * due ──leased──▶ being sent ──2xx──▶ done, arrived
 *  ▲                  ├──anything else──▶ due again, later ──the last try──▶ done, not arrived
 *  └──lease is over───┘
 * ```
 */
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

/** The lock under which one gateway looks through the ledger. */
const outboxLock = 7403;

/** @returns whether nobody else looks through the ledger, until the transaction ends. */
export async function lockOutbox(tx: Database): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${outboxLock}) as locked`.execute(tx);
  return rows[0]?.locked === true;
}

/** How far the ledger was looked through for those of these webhooks that are known. Changes nothing. */
export async function readSeen(db: Database, names: readonly string[]): Promise<readonly number[]> {
  const { rows } = await sql<{ seen: number }>`
    select seen::float8 as seen from webhooks where name in (${sql.join(names)})`.execute(db);
  return rows.map(({ seen }) => seen);
}

/** How far the ledger was looked through for each of these webhooks; one that is new begins at `end`. */
export async function seenByWebhooks(
  tx: Database,
  names: readonly string[],
  end: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ name: string; seen: number }>`
    insert into webhooks (name, seen)
    select n.name, ${end} from jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb) as n (name)
    on conflict (name) do update set seen = webhooks.seen
    returning name, seen::float8 as seen`.execute(tx);
  return new Map(rows.map(({ name, seen }) => [name, seen]));
}

export async function markSeen(tx: Database, names: readonly string[], upTo: number): Promise<void> {
  await sql`
    update webhooks set seen = ${upTo} where name in (${sql.join(names)}) and seen < ${upTo}`.execute(tx);
}

/** How much waits to be sent to a webhook, counted up to `most`. */
export async function undelivered(db: Database, webhook: string, most: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::float8 as n from (
      select 1 from deliveries where webhook = ${webhook} and done_at is null limit ${most}) d`.execute(db);
  return rows[0]?.n ?? 0;
}

export interface NewDelivery {
  readonly id: string;
  readonly webhook: string;
  readonly event: string;
  readonly body: string;
}

export async function insertDeliveries(tx: Database, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  await sql`
    insert into deliveries (id, webhook, event_id, body)
    select d.id, d.webhook, d.event, d.body
    from jsonb_to_recordset(${JSON.stringify(deliveries)}::text::jsonb) as d (id text, webhook text, event text, body text)
    on conflict (webhook, event_id) do nothing`.execute(tx);
}

export interface Leased {
  readonly id: string;
  readonly body: string;
  /** Which try this is, from 1. */
  readonly attempts: number;
}

/** Takes what is due, the longest due first, for this gateway alone. */
export async function leaseDeliveries(
  db: Database,
  lease: {
    readonly webhook: string;
    readonly instance: string;
    readonly forMs: number;
    readonly most: number;
  },
): Promise<readonly Leased[]> {
  const { rows } = await sql<Leased>`
    update deliveries d set owner_instance = ${lease.instance}, attempts = attempts + 1,
      leased_until = clock_timestamp() + ${lease.forMs}::float8 * interval '1 millisecond'
    where d.id in (
      select id from deliveries where webhook = ${lease.webhook} and done_at is null and next_at <= clock_timestamp()
        and (leased_until is null or leased_until <= clock_timestamp())
      order by next_at, id limit ${lease.most} for update skip locked)
    returning d.id, d.body, d.attempts`.execute(db);
  return rows;
}

/** Whose try it is: what a gateway notes once its lease was over and another one tried changes nothing. */
export interface Try {
  readonly id: string;
  readonly instance: string;
  readonly attempts: number;
}

const isOurs = ({ id, instance, attempts }: Try) =>
  sql`id = ${id} and done_at is null and owner_instance = ${instance} and attempts = ${attempts}`;

export async function markArrived(db: Database, one: Try): Promise<void> {
  await sql`update deliveries set done_at = clock_timestamp(), arrived = true where ${isOurs(one)}`.execute(
    db,
  );
}

export async function sendAgain(db: Database, one: Try, afterMs: number): Promise<void> {
  await sql`
    update deliveries set leased_until = null,
      next_at = clock_timestamp() + ${afterMs}::float8 * interval '1 millisecond' where ${isOurs(one)}`.execute(
    db,
  );
}

/** Gives it up, and says so in the ledger. */
export async function giveUp(db: Database, one: Try, event: NewEvent): Promise<void> {
  await sql`
    with given_up as (
      update deliveries set done_at = clock_timestamp(), arrived = false where ${isOurs(one)} returning id),
    ${eventCtes(event, 'given_up')}
    select id from given_up`.execute(db);
}

/** Milliseconds until something is due for a webhook; null where nothing is left. */
export async function nextDueMs(db: Database, webhook: string): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select extract(epoch from min(greatest(next_at, coalesce(leased_until, next_at))) - clock_timestamp())::float8 * 1000 as ms
    from deliveries where webhook = ${webhook} and done_at is null`.execute(db);
  return rows[0]?.ms ?? null;
}

/** Lets go of what a dead gateway was sending, where it is known that all others are dead. */
export async function releaseOthers(db: Database, instance: string): Promise<void> {
  await sql`
    update deliveries set leased_until = null
    where done_at is null and leased_until is not null and owner_instance <> ${instance}`.execute(db);
}

/** Removes what is days old: done with, or for a webhook that there is no more. */
export async function dropOldDeliveries(db: Database, days: number): Promise<void> {
  await sql`delete from deliveries where created_at < now() - ${days}::float8 * interval '1 day'`.execute(db);
}
