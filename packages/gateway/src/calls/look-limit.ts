/**
 * Looks at a connection one after the other: each costs the target, a trial its locks. The store says which gateway's turn
 * it is; within a gateway they queue up.
 */
import type { Runtime } from '../runtime/runtime.ts';
import { giveTurn, takeTurn } from '../store/looks.ts';
import type { Database } from '../store/store.ts';

/** Milliseconds after which another gateway may look, should this one be gone; and after which it says that it is not. */
const [leaseMs, renewMs] = [15_000, 5000];
/** Milliseconds after which the turn is asked for again. */
const againMs = 50;

/** Where a look is made, and by which gateway. */
export interface LookPlace {
  readonly db: Database;
  readonly instance: string;
  readonly connection: string;
}

export interface LookLimit {
  /** Works when its turn has come. Rejects with the signal's reason where that comes first, and as `work` does. */
  inTurn<T>(place: LookPlace, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createLookLimit({ sleep }: Pick<Runtime, 'sleep'>): LookLimit {
  const queues = new Map<string, Promise<unknown>>();

  async function alone<T>(place: LookPlace, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { db, instance, connection } = place;
    signal.throwIfAborted();
    while (!(await takeTurn(db, connection, instance, leaseMs))) {
      await sleep(againMs, signal);
      signal.throwIfAborted();
    }
    const over = new AbortController();
    const renewed = renew(place, over.signal);
    try {
      return await work();
    } finally {
      over.abort();
      await renewed;
      // Should the store not be reached now, the turn is over by its time.
      await giveTurn(db, connection, instance).catch(() => {});
    }
  }

  async function renew({ db, connection, instance }: LookPlace, over: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(renewMs, over);
      if (over.aborted) return;
      await takeTurn(db, connection, instance, leaseMs).catch(() => {});
    }
  }

  return {
    inTurn: (place, signal, work) => {
      const before = queues.get(place.connection) ?? Promise.resolve();
      const mine = before.then(() => alone(place, signal, work));
      const over = mine.then(
        () => {},
        () => {},
      );
      queues.set(place.connection, over);
      void over.then(() => {
        if (queues.get(place.connection) === over) queues.delete(place.connection);
      });
      return mine;
    },
  };
}
