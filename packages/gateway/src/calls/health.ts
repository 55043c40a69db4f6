/** Whether each connection was reached when this gateway last looked. It looks when somebody asks, and not too often. */
import { asCountersignError, type ConnectionDetail } from '@countersign/core';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { within } from '../runtime/within.ts';
import type { Connected, Log, Room } from './room.ts';
import { tellReach } from './tell-reach.ts';

type Health = ConnectionDetail['health'];

/** Milliseconds for which a look is new, for which one may go on, and for which who asks waits for it. */
const [newForMs, lookMs, patienceMs] = [15_000, 5000, 1500];

const unknown: Health = Object.freeze({ state: 'unknown', at: null, code: null });

export class HealthBoard {
  readonly #runtime: Runtime;
  readonly #log: Log;
  /** By the connection itself: one that a reload replaced is another one, and is forgotten with it. */
  readonly #seen = new WeakMap<Connected, { readonly since: number; readonly health: Health }>();
  readonly #looking = new WeakMap<Connected, Promise<void>>();

  constructor({ runtime, log }: Pick<Room, 'log' | 'runtime'>) {
    this.#runtime = runtime;
    this.#log = log;
  }

  /** What is known of these by now; those not looked at of late are looked at, and waited for a moment. */
  async of(connections: readonly Connected[], ending: AbortSignal): Promise<readonly Health[]> {
    const looks = connections.filter((one) => this.#isOld(one)).map((one) => this.#look(one, ending));
    if (looks.length > 0) {
      const enough = new AbortController();
      await Promise.race([Promise.all(looks), this.#runtime.sleep(patienceMs, enough.signal)]);
      enough.abort();
    }
    return connections.map((one) => this.#seen.get(one)?.health ?? unknown);
  }

  #isOld(one: Connected): boolean {
    const seen = this.#seen.get(one);
    return seen === undefined || hasPassed(this.#runtime, seen.since, newForMs);
  }

  #look(one: Connected, ending: AbortSignal): Promise<void> {
    const going = this.#looking.get(one);
    if (going !== undefined) return going;
    const look = this.#ping(one, ending).then((code) => {
      const since = this.#runtime.now();
      const at = new Date(since).toISOString();
      this.#seen.set(one, { since, health: { state: code === null ? 'up' : 'down', at, code } });
      this.#looking.delete(one);
    });
    this.#looking.set(one, look);
    return look;
  }

  /** Why it can't be reached; null where it can. Never rejects. */
  async #ping(connected: Connected, ending: AbortSignal): Promise<string | null> {
    try {
      await within(this.#runtime, lookMs, (signal) =>
        connected.target.ping(AbortSignal.any([signal, ending])),
      );
      tellReach(this.#log, connected, 'reached');
      return null;
    } catch (thrown) {
      const error = asCountersignError(thrown, 'target_unavailable');
      if (!ending.aborted) tellReach(this.#log, connected, error);
      return error.code;
    }
  }
}
