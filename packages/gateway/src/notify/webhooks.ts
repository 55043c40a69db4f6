/**
 * The webhooks: looks through the ledger for what they are to be told, and tells it, each in its own time. A webhook that
 * is slow or gone keeps no other waiting, and nothing that people or agents do waits for one.
 */
import type { WebhookConfig } from '@countersign/policy';
import type { Room } from '../calls/room.ts';
import { faultForLog } from '../runtime/fault-for-log.ts';
import {
  dropOldDeliveries,
  giveUp,
  insertDeliveries,
  type Leased,
  leaseDeliveries,
  lockOutbox,
  markArrived,
  markSeen,
  nextDueMs,
  readSeen,
  releaseOthers,
  seenByWebhooks,
  sendAgain,
  undelivered,
} from '../store/deliveries.ts';
import { lastIndex, readChanges } from '../store/read-changes.ts';
import { readMessages, toldEvents } from './message.ts';
import { send, sendWithinMs } from './send.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** After which try how long is waited, give or take a fifth; after the last one it is given up. Milliseconds. */
const pauses = [
  second,
  5 * second,
  30 * second,
  5 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
];

/** For how long a try is one gateway's own. Milliseconds. */
const leaseMs = sendWithinMs + 5 * second;
/** What happened longer ago is not told any more. Milliseconds. */
const tellWithinMs = 24 * hour;
/** Messages that may wait for one webhook; what comes on top is not told. */
const mostWaiting = 10_000;
/** Events looked through at once, and tries of one webhook at once. */
const [batch, atOnce] = [500, 4];
/** Events that may be passed over before it is noted how far that is. */
const mostBehind = 10_000;
/** How often is looked for what other gateways left behind. Milliseconds. */
const lookEveryMs = 10 * second;
const keptDays = 7;
const dropEveryMs = hour;

export class Webhooks {
  readonly #room: Room;
  #base: (() => string) | null = null;
  #again = false;
  #fills = false;
  #dropped = 0;
  /** The ledger holds nothing to be told from where the last look began up to here. */
  #nothingUpTo = -1;
  readonly #sending = new Map<string, Promise<void>>();
  /** Those that are to be looked at once more. */
  readonly #asked = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  /** Said once, until it is better. */
  readonly #full = new Set<string>();

  constructor(room: Room) {
    this.#room = room;
  }

  /**
   * Begins to tell. Until then nothing is sent: a gateway without an address has none to lead people to.
   *
   * @param base The address, without a slash at its end.
   * @param alone Whether there can be no other gateway on this store.
   */
  begin(base: () => string, alone: boolean): void {
    const { db, instance, runtime, ending } = this.#room;
    this.#base = base;
    this.#dropped = runtime.now();
    void (async () => {
      try {
        if (alone) await releaseOthers(db, instance);
      } catch (fault) {
        this.#failed(fault);
      }
      while (!ending.aborted) {
        this.wake();
        await runtime.sleep(lookEveryMs, ending);
      }
      for (const stop of this.#timers.values()) stop();
    })();
  }

  /** Says that there may be something to tell. */
  wake(): void {
    if (this.#base === null || this.#hooks().length === 0 || this.#room.ending.aborted) return;
    this.#again = true;
    if (!this.#fills) void this.#fill();
  }

  /** Resolves when nothing is being sent. To be called once the gateway ends. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending.values());
  }

  #hooks(): readonly WebhookConfig[] {
    return [...this.#room.current().webhooks.values()];
  }

  #failed(fault: unknown): void {
    if (!this.#room.ending.aborted)
      this.#room.log.error({ err: faultForLog(fault) }, 'the webhooks could not be told');
  }

  async #fill(): Promise<void> {
    const { db, runtime } = this.#room;
    this.#fills = true;
    try {
      while (this.#again) {
        this.#again = false;
        while ((await this.#hasMore()) && (await this.#fillOnce())) this.#sendAll();
      }
      this.#sendAll();
      if (runtime.now() - this.#dropped > dropEveryMs) {
        this.#dropped = runtime.now();
        await dropOldDeliveries(db, keptDays);
      }
    } catch (fault) {
      this.#failed(fault);
    } finally {
      this.#fills = false;
    }
  }

  /** Whether there is something to tell, or much that was not. Most that happens is told to nobody, and costs no write. */
  async #hasMore(): Promise<boolean> {
    const { db } = this.#room;
    const names = this.#hooks().map(({ name }) => name);
    if (names.length === 0) return false;
    const seen = await readSeen(db, names);
    if (seen.length < names.length) return true;
    const behind = Math.min(...seen);
    const after = Math.max(behind, this.#nothingUpTo);
    const end = await lastIndex(db);
    if (after >= end) return false;
    if ((await readChanges(db, toldEvents, { after, upTo: end, limit: 1 })).length > 0) return true;
    this.#nothingUpTo = end;
    return end - behind > mostBehind;
  }

  /** Makes the deliveries of the next events. @returns whether there may be more. */
  async #fillOnce(): Promise<boolean> {
    const { db, runtime } = this.#room;
    const hooks = this.#hooks();
    const names = hooks.map(({ name }) => name);
    const base = this.#base?.() ?? '';
    return db.transaction().execute(async (tx) => {
      if (!(await lockOutbox(tx))) return false;
      const end = await lastIndex(tx);
      const seen = await seenByWebhooks(tx, names, end);
      const after = Math.min(...seen.values());
      if (after >= end) return false;
      const events = await readChanges(tx, toldEvents, { after, upTo: end, limit: batch });
      const last = events.at(-1);
      const full = events.length === batch && last !== undefined;
      const since = runtime.now() - tellWithinMs;
      const messages = (await readMessages(tx, events, base)).filter(({ at }) => Date.parse(at) >= since);
      for (const hook of hooks) {
        const from = seen.get(hook.name) ?? end;
        const told = messages.filter(({ index, kind }) => index > from && hook.events.includes(kind));
        if (told.length === 0 || !(await this.#hasRoom(tx, hook, told.length))) continue;
        await insertDeliveries(
          tx,
          told.map(({ event, body }) => ({ id: `msg_${this.#newId()}`, webhook: hook.name, event, body })),
        );
      }
      await markSeen(tx, names, full ? last.index : end);
      return full;
    });
  }

  async #hasRoom(tx: Room['db'], { name }: WebhookConfig, more: number): Promise<boolean> {
    const has = (await undelivered(tx, name, mostWaiting)) + more <= mostWaiting;
    if (has) this.#full.delete(name);
    else if (!this.#full.has(name)) {
      this.#full.add(name);
      this.#room.log.error({ webhook: name }, 'too much waits for a webhook; what happens now is not told');
    }
    return has;
  }

  #newId(): string {
    return this.#room.runtime.randomBytes(16).toString('hex');
  }

  #sendAll(): void {
    for (const { name } of this.#hooks()) {
      this.#asked.add(name);
      if (!this.#sending.has(name)) this.#sending.set(name, this.#sendAsked(name));
    }
  }

  /** Whoever asks while it sends may know of something that it has looked past. */
  async #sendAsked(name: string): Promise<void> {
    while (this.#asked.delete(name))
      try {
        await this.#sendDue(name);
      } catch (fault) {
        this.#failed(fault);
      }
    this.#sending.delete(name);
  }

  async #sendDue(name: string): Promise<void> {
    const { db, instance, ending, runtime } = this.#room;
    for (;;) {
      const hook = this.#room.current().webhooks.get(name);
      if (hook === undefined || ending.aborted) return;
      const lease = { webhook: name, instance, forMs: leaseMs, most: atOnce };
      const leased = await leaseDeliveries(db, lease);
      if (leased.length === 0) break;
      await Promise.all(leased.map((one) => this.#deliver(hook, one)));
    }
    const dueMs = await nextDueMs(db, name);
    if (dueMs === null || ending.aborted) return;
    this.#timers.get(name)?.();
    this.#timers.set(
      name,
      runtime.timer(Math.max(dueMs, 50), () => this.wake()),
    );
  }

  async #deliver(hook: WebhookConfig, { id, body, attempts }: Leased): Promise<void> {
    const { db, ledger, instance, ending, runtime, log } = this.#room;
    const one = { id, instance, attempts };
    const sent = await send(hook, { id, body }, runtime, ending);
    if (sent === 'arrived') return markArrived(db, one);
    if (ending.aborted) return sendAgain(db, one, 0);
    const pauseMs = sent === 'gone' ? undefined : pauses[attempts - 1];
    if (pauseMs !== undefined) return sendAgain(db, one, pauseMs * (0.8 + 0.4 * this.#chance()));
    log.error({ webhook: hook.name, delivery: id, attempts }, 'a webhook could not be told');
    const data = { webhook: hook.name, delivery: id, attempts };
    await giveUp(db, one, await ledger.event({ type: 'webhook.given_up', actor: 'gateway', data }));
    ledger.wake();
  }

  /** From 0 to 1: many that failed together need not come back together. */
  #chance(): number {
    return this.#room.runtime.randomBytes(2).readUInt16BE() / 0xff_ff;
  }
}
