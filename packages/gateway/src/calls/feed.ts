/**
 * The feed of changes: what the ledger says happened to calls that wait for people, and the stops. One reader for all who
 * follow, who goes on from where it was; it reads only while somebody does. A change is told once its event has its
 * place in the ledger, so that its index says where to go on, at any gateway of the store.
 *
 * ```
 * asleep ──first follower──▶ at the end ──woken──▶ reading ──up to the end──▶ at the end ──last one leaves──▶ asleep
 * ```
 * Woken by the sequencer of this gateway, by a notice of another's, and now and then by itself.
 */
import { faultForLog } from '../runtime/fault-for-log.ts';
import { lastIndex, readChanges } from '../store/read-changes.ts';
import { changeEvents, type Happened, readHappened } from './happened.ts';
import type { Room } from './room.ts';

/** What happened since, as far as it is told. */
export interface Since {
  readonly happened: readonly Happened[];
  /** Up to where was read. */
  readonly index: number;
  /** Whether there was more than is told. */
  readonly missed: boolean;
}

/** Changes that are read at once, and that a stream which goes on is told at most. */
const batch = 500;
const mostSince = 1000;
/** Events of the ledger that are looked through for a stream which goes on. */
const farthestBack = 50_000;

type FeedRoom = Pick<Room, 'db' | 'runtime' | 'log' | 'ending' | 'lookAgainMs'>;

export class Feed {
  readonly #room: FeedRoom;
  readonly #followers = new Set<(happened: readonly Happened[]) => void>();
  #at = -1;
  #starting: Promise<void> | null = null;
  #reads = false;
  #again = false;
  #looksByItself = false;

  constructor(room: FeedRoom) {
    this.#room = room;
  }

  /** Says that there may be more to read. */
  wake(): void {
    if (this.#followers.size === 0) return;
    this.#again = true;
    if (!this.#reads) void this.#read();
  }

  /**
   * Has a function told of what happens from now on, in order. It may be told of a little more than that: what has an
   * index up to `from` happened before.
   */
  async follow(
    told: (happened: readonly Happened[]) => void,
  ): Promise<{ readonly from: number; readonly leave: () => void }> {
    if (this.#followers.size === 0)
      this.#starting ??= lastIndex(this.#room.db)
        .then((last) => {
          this.#at = last;
        })
        .finally(() => {
          this.#starting = null;
        });
    await this.#starting;
    const from = this.#at;
    this.#followers.add(told);
    this.#lookNowAndThen();
    this.wake();
    return { from, leave: () => void this.#followers.delete(told) };
  }

  /** What happened after an index; more than can be told at once is missed. */
  async since(after: number, upTo: number): Promise<Since> {
    const { db } = this.#room;
    if (upTo - after > farthestBack) return { happened: [], index: upTo, missed: true };
    const events = await readChanges(db, changeEvents, { after, upTo, limit: mostSince + 1 });
    if (events.length > mostSince) return { happened: [], index: upTo, missed: true };
    return { happened: await readHappened(db, events), index: upTo, missed: false };
  }

  async #read(): Promise<void> {
    const { db, log } = this.#room;
    this.#reads = true;
    try {
      while (this.#again && this.#followers.size > 0) {
        this.#again = false;
        const end = await lastIndex(db);
        while (this.#at < end) {
          const events = await readChanges(db, changeEvents, { after: this.#at, upTo: end, limit: batch });
          const happened = await readHappened(db, events);
          this.#at = events.length === batch ? (events.at(-1)?.index ?? end) : end;
          if (happened.length > 0) for (const told of this.#followers) told(happened);
        }
      }
    } catch (fault) {
      log.error({ err: faultForLog(fault) }, 'the changes could not be read');
    } finally {
      this.#reads = false;
    }
  }

  /** Where other gateways use the store: a notice of theirs can get lost. */
  #lookNowAndThen(): void {
    const { runtime, ending, lookAgainMs } = this.#room;
    if (this.#looksByItself || !Number.isFinite(lookAgainMs)) return;
    this.#looksByItself = true;
    void (async () => {
      while (!ending.aborted && this.#followers.size > 0) {
        await runtime.sleep(lookAgainMs, ending);
        this.wake();
      }
      this.#looksByItself = false;
    })();
  }
}
