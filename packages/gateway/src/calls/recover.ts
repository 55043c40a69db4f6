/**
 * Recovery: what a gateway that died left behind. Its claims are fenced by a new epoch first; then the target is asked
 * what became of each, and only then is it recorded. What can't be found out is `unknown`, and is never retried.
 */
import { asCountersignError, type EventId, type Json, type Ran } from '@countersign/core';
import { sql } from 'kysely';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { within } from '../runtime/within.ts';
import { appendEvent } from '../store/append-event.ts';
import { type Claim, type Fenced, fence } from '../store/claim-call.ts';
import { endOtherTurns } from '../store/looks.ts';
import { deny } from './ask.ts';
import { type Endable, expireNow } from './end.ts';
import type { Room } from './room.ts';
import { type Settled, settle } from './settle.ts';

/** Milliseconds without a sign of life after which a claim counts as left behind, whoever made it. */
const deadAfterMs = 30_000;

/** Milliseconds that asking a target about one call may take, and after which it is asked again. */
const [askWithinMs, askAgainMs] = [45_000, 3000];

interface LeftBehind extends Endable {
  readonly connection: string;
  readonly owner_instance: string;
  readonly epoch: number;
}

export interface RecoverOptions {
  /** Whether every other owner is known to be dead: the store's lock says so on an embedded store. */
  readonly othersAreDead: boolean;
}

/**
 * Also what this gateway itself left behind, without dying: where the store took a submission or a claim and its answer
 * got lost, nobody works on the call.
 */
export async function recover(room: Room, { othersAreDead }: RecoverOptions): Promise<number> {
  const dead = othersAreDead
    ? sql`owner_instance <> ${room.instance}`
    : sql`coalesce(heartbeat_at, created_at) < clock_timestamp() - ${deadAfterMs}::float8 * interval '1 millisecond'`;
  // Else the first look waits for the turn of a gateway that is gone to run out.
  if (othersAreDead) await endOtherTurns(room.db, room.instance);
  const { rows: submitted } =
    await sql<Endable>`select id, run, run_id from calls where state = 'submitted' and ${dead} order by created_at, id`.execute(
      room.db,
    );
  for (const call of submitted)
    await deny(room, { id: call.id, run: call.run, runId: call.run_id }, 'unavailable', null);
  const { rows } = await sql<LeftBehind>`
    select id, run, run_id, connection, owner_instance, epoch::float8 as epoch
    from calls where state = 'claimed' and ${dead} order by created_at, id`.execute(room.db);
  const held = new Set(room.running.held());
  for (const call of rows)
    if (call.owner_instance !== room.instance || !held.has(call.id)) await recoverOne(room, call);
  return submitted.length + rows.length;
}

async function recoverOne(room: Room, call: LeftBehind): Promise<void> {
  const dead: Claim = { call: call.id, instance: call.owner_instance, epoch: call.epoch };
  const claim = await fence(room.db, dead, room.instance);
  if (claim === null) return;
  room.runtime.reached('recover.fenced');
  const release = room.running.keep(call.id);
  try {
    if (await settleFound(room, call, claim)) return release();
  } catch (fault) {
    release();
    throw fault;
  }
  room.log.warn({ call: call.id }, 'its target cannot be asked yet what became of the call');
  // Until it can, the call is in progress: neither repeated nor called unknown while the truth may still be found.
  void (async () => {
    while (!room.ending.aborted) {
      await room.runtime.sleep(askAgainMs, room.ending);
      if (room.ending.aborted || (await settleFound(room, call, claim))) return;
    }
  })()
    .catch((fault: unknown) => room.log.error({ call: call.id, err: faultForLog(fault) }, 'recovery failed'))
    .finally(release);
}

/** @returns false while the target can't be reached. */
async function settleFound(room: Room, call: LeftBehind, claim: Fenced): Promise<boolean> {
  const settled = await findOut(room, call, claim);
  if (settled === null) return false;
  await settle(room, call, claim, settled, 'recovery');
  room.log.warn({ call: call.id, outcome: settled.outcome }, 'recovered');
  return true;
}

const failed = (ran: Ran): Settled => ({ outcome: 'failed', code: 'unavailable', ran, message: null });
const unknown: Settled = { outcome: 'unknown', code: 'outcome_unknown', message: null };

/** What became of the call; null while its target can't be reached. */
async function findOut(room: Room, call: LeftBehind, { evidence }: Fenced): Promise<Settled | null> {
  // Without evidence nothing was sent that could take effect: a write keeps it before its first such byte. What was read
  // before the fence does not say: an owner that was only slow may have kept it since.
  if (evidence === null) return failed('no');
  const connected = room.current().connections.get(call.connection);
  if (connected === undefined) return unknown;
  try {
    const found = await within(room.runtime, askWithinMs, (signal) =>
      connected.target.recover(evidence, AbortSignal.any([signal, room.ending])),
    );
    if (found.outcome === 'succeeded') return { outcome: 'succeeded', result: null };
    return found.outcome === 'failed' ? failed(found.ran ?? 'rolled_back') : unknown;
  } catch (thrown) {
    if (room.ending.aborted) return null;
    const { code } = asCountersignError(thrown);
    room.log.error({ call: call.id, code }, 'what became of the call could not be found out');
    return code === 'target_unavailable' ? null : unknown;
  }
}

/**
 * After the store may have lost its latest writes (another boot of the machine, a restored backup), nothing that was
 * decided may run any more, and nothing that was claimed can be told. @returns the event that records the gap.
 */
export async function distrust(
  room: Room,
  why: string,
  data: { readonly [name: string]: Json },
): Promise<EventId> {
  const { rows: decided } =
    await sql<Endable>`select id, run, run_id from calls where state in ('allowed', 'approved')`.execute(
      room.db,
    );
  for (const call of decided) await expireNow(room, call);
  const { rows: claimed } = await sql<LeftBehind>`
    select id, run, run_id, connection, owner_instance, epoch::float8 as epoch from calls where state = 'claimed'`.execute(
    room.db,
  );
  for (const call of claimed) {
    const dead: Claim = { call: call.id, instance: call.owner_instance, epoch: call.epoch };
    const claim = await fence(room.db, dead, room.instance);
    if (claim !== null) await settle(room, call, claim, unknown, 'recovery');
  }
  const gap = await room.ledger.event({
    type: 'ledger.gap',
    actor: 'gateway',
    data: { why, expired: decided.length, unknown: claimed.length, ...data },
  });
  await appendEvent(room.db, gap);
  room.ledger.wake();
  room.log.warn({ why, expired: decided.length, unknown: claimed.length }, 'the store may have lost writes');
  return gap.id;
}
