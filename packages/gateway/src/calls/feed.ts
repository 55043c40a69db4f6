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
import { type CallId, type CallState, type Change, type ChangeType, callStates } from '@countersign/core';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { type ApprovalRow, approvalsOfCalls } from '../store/approvals.ts';
import { type ChangeEvent, lastIndex, readChanges } from '../store/read-changes.ts';
import type { Room } from './room.ts';

/** A change, and the approval it is about; null for a stop. */
export interface Happened {
  readonly change: Change;
  readonly approval: ApprovalRow | null;
}

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

const typeOf: Readonly<Record<string, ChangeType>> = Object.freeze({
  'call.waiting': 'asked',
  'vote.cast': 'voted',
  'comment.made': 'commented',
  'approval.reminded': 'reminded',
  'call.approved': 'decided',
  'call.rejected': 'decided',
  'call.denied': 'decided',
  'call.expired': 'expired',
  'call.cancelled': 'cancelled',
  'stop.made': 'stopped',
  'stop.lifted': 'lifted',
});
const types = Object.keys(typeOf);

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
    const events = await readChanges(db, types, { after, upTo, limit: mostSince + 1 });
    if (events.length > mostSince) return { happened: [], index: upTo, missed: true };
    return { happened: await this.#happened(events), index: upTo, missed: false };
  }

  async #read(): Promise<void> {
    const { db, log } = this.#room;
    this.#reads = true;
    try {
      while (this.#again && this.#followers.size > 0) {
        this.#again = false;
        const end = await lastIndex(db);
        while (this.#at < end) {
          const events = await readChanges(db, types, { after: this.#at, upTo: end, limit: batch });
          const happened = await this.#happened(events);
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

  async #happened(events: readonly ChangeEvent[]): Promise<readonly Happened[]> {
    const read = events.map(({ index, bytes }) => ({ index, ...(JSON.parse(bytes) as ReadEvent) }));
    const calls = new Set(read.flatMap(({ call }) => (call === null ? [] : [call])));
    const approvals = await approvalsOfCalls(this.#room.db, [...calls]);
    const approvalOf = new Map(approvals.map((approval) => [approval.call_id, approval]));
    return read.flatMap(({ index, at, type, call, data }): readonly Happened[] => {
      const kind = typeOf[type];
      if (kind === undefined) return [];
      const shared = {
        index,
        at,
        type: kind,
        approval: null,
        call: null,
        run: null,
        state: null,
        stop: null,
      };
      if (call === null) {
        const stop = typeof data.stop === 'string' ? (data.stop as Change['stop']) : null;
        return [{ change: { ...shared, stop }, approval: null }];
      }
      const approval = approvalOf.get(call);
      // What was never asked about concerns nobody here: a call that was denied, or allowed and then expired.
      if (approval === undefined) return [];
      const { id, run_id: run, state } = approval;
      const change = { ...shared, approval: id, call, run: run as Change['run'], state: stateOf(state) };
      return [{ change, approval }];
    });
  }
}

interface ReadEvent {
  readonly at: string;
  readonly type: string;
  readonly call: CallId | null;
  readonly data: Readonly<Record<string, unknown>>;
}

function stateOf(state: string): CallState | null {
  return callStates.find((known) => known === state) ?? null;
}
