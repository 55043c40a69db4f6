/** The ledger as the rest of the gateway uses it: make an event, have it sequenced, read the record back. */
import type { EventId, Json, SignedHead } from '@countersign/core';
import type { Runtime } from '../runtime/runtime.ts';
import type { NewEvent } from '../store/event-row.ts';
import {
  beforeLast,
  beforeTime,
  type EventFilter,
  type IndexedEvent,
  latestHead,
  readEvents,
} from '../store/read-ledger.ts';
import { type SignTree, sequenceBatch } from '../store/sequence.ts';
import type { Database } from '../store/store.ts';
import type { Keys } from './keys.ts';
import { rootHash } from './merkle.ts';
import { createSealer, type Sealer } from './seal.ts';

/** How long events are gathered before they get their indexes together. Milliseconds. */
const gatherMs = 40;

/** What is told of something that happened. `contents` are what was said, by name. */
export interface Happening {
  readonly type: string;
  readonly actor: string;
  readonly call?: string;
  readonly run?: { readonly id: string; readonly name: string };
  readonly data?: { readonly [name: string]: Json };
  readonly contents?: Readonly<Record<string, string>>;
  /** Milliseconds the contents are kept; for ever where absent. */
  readonly keepMs?: number;
}

/** Which part of the record is read back; see `EventFilter`. */
export interface LedgerPart extends Omit<EventFilter, 'upTo'> {
  /** How many events at most. */
  readonly limit: number;
  /** Only the last so many of them. */
  readonly last?: number | undefined;
}

/** The record: makes events, gives them their place, reads them back. */
export interface Ledger extends Sealer {
  /** Seals the contents and makes the event; the caller writes it with its move. */
  event(happening: Happening): Promise<NewEvent & { readonly id: EventId }>;
  /** Says that events were committed: they get their index soon. */
  wake(): void;
  /** Has a function called whenever events got their indexes here. */
  onSequenced(listener: () => void): void;
  /** Resolves when every event committed so far has its index. */
  settled(): Promise<SignedHead | null>;
  /**
   * Gives every event its index over another connection, and takes the head that then stands for the last one, though it
   * may lie behind one that was kept: the gap is recorded.
   */
  goOnFromHere(over: Database): Promise<void>;
  /** The exported file, line by line: the events asked for, and the signed head when there are no more. */
  export(part: LedgerPart): AsyncGenerator<string>;
  close(): Promise<void>;
}

export function createLedger(
  db: Database,
  keys: Keys,
  runtime: Runtime,
  onFault: (fault: unknown) => void,
): Ledger {
  const sealer = createSealer(db, keys.master, runtime);
  let running: Promise<void> | null = null;
  let again = false;
  let closed = false;
  let asleep: Promise<void> | null = null;
  const ending = new AbortController();
  const listeners: (() => void)[] = [];

  const sequenceAll = async (over: Database): Promise<void> => {
    const sign: SignTree = (tree) => {
      runtime.reached('sequence.before');
      const at = new Date(runtime.now()).toISOString();
      return keys.sign({ size: tree.size, root: rootHash(tree).toString('hex'), at });
    };
    for (;;) {
      const sequenced = await sequenceBatch(over, sign);
      if (sequenced !== null) {
        runtime.reached('sequence.after');
        keys.keepHead(sequenced.head);
        runtime.reached('head.after');
        for (const listener of listeners) listener();
      }
      if (sequenced?.full !== true) return;
    }
  };

  /** One pass at a time; a call during a pass makes one more follow. */
  const pass = (): Promise<void> => {
    again = true;
    running ??= (async () => {
      try {
        while (again) {
          again = false;
          await sequenceAll(db);
        }
      } finally {
        running = null;
      }
    })();
    return running;
  };

  const lineOf = async ({ id, index, bytes, contents }: IndexedEvent): Promise<string> => {
    const disclosed: Record<string, { salt: string; content: string }> = {};
    for (const name of contents) {
      const opened = await sealer.open(id as EventId, name);
      if (opened !== null) disclosed[name] = { salt: opened.salt.toString('hex'), content: opened.content };
    }
    return JSON.stringify({ index, event: bytes, ...(contents.length > 0 ? { disclosed } : {}) });
  };

  const ledger: Ledger = {
    ...sealer,
    event: async ({ type, actor, call = null, run, data = {}, contents = {}, keepMs = null }) => {
      const id = runtime.newId('evt');
      const sealed = [];
      for (const [name, content] of Object.entries(contents)) {
        if (run === undefined) throw new TypeError('contents belong to a run');
        sealed.push(await sealer.seal(run.id, id, name, content, keepMs));
      }
      return {
        id,
        type,
        actor,
        call,
        run: run?.name ?? null,
        runId: run?.id ?? null,
        data,
        contents: sealed,
      };
    },
    wake: () => {
      if (closed || asleep !== null) return;
      // Events that come close together share a pass. Should it fail, the next wake or the sweep tries again.
      asleep = runtime.sleep(gatherMs, ending.signal).then(() => {
        asleep = null;
        return closed ? undefined : pass();
      });
      asleep.catch(onFault);
    },
    onSequenced: (listener) => {
      listeners.push(listener);
    },
    settled: async () => {
      await pass();
      return latestHead(db);
    },
    goOnFromHere: async (over) => {
      await sequenceAll(over);
      const head = await latestHead(over);
      if (head !== null) keys.goOnFrom(head);
    },
    export: async function* (part) {
      const head = await ledger.settled();
      if (head === null) return;
      const { call, run } = part;
      const since = part.since === undefined ? undefined : asWritten(part.since);
      const filter = { after: part.after, upTo: head.size - 1, call, run, since };
      if (since !== undefined) filter.after = await beforeTime(db, filter, since);
      if (part.last !== undefined) filter.after = await beforeLast(db, filter, part.last);
      for (let left = part.limit; left > 0; ) {
        const wanted = Math.min(left, 500);
        const events = await readEvents(db, filter, wanted);
        for (const event of events) yield await lineOf(event);
        left -= events.length;
        filter.after = events.length < wanted ? filter.upTo : (events.at(-1)?.index ?? filter.upTo);
        if (filter.after >= filter.upTo) break;
      }
      const all = part.last !== undefined && part.last <= part.limit;
      if (all || filter.after >= filter.upTo) yield JSON.stringify({ head });
    },
    close: async () => {
      closed = true;
      ending.abort();
      await running?.catch(onFault);
    },
  };
  return ledger;
}

/** A time as events have theirs: in UTC, and with a year of four digits, or text would not sort as time does. */
function asWritten(time: string): string {
  const [first, last] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
  return new Date(Math.min(Math.max(Date.parse(time), first), last)).toISOString();
}
