/** One server process, held for one piece of work. It goes back to the pool clean, or not at all. */
import type { PoolClient } from 'pg';
import type { Runtime } from '../runtime/runtime.ts';
import { GuardedClient } from './guarded-client.ts';

/** Milliseconds that a step of cleaning may take before the backend is thrown away instead. */
const cleanWithinMs = 5000;

/**
 * One message each. The first is for logins whose calls only read: it forgets as much as `DISCARD ALL` does, but for
 * plans and prepared statements. Those are ours: a call can't make any, and planning ours anew costs more than most reads.
 */
const cleaning = Object.freeze({
  keepPrepared: [
    `ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *;
     SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`,
  ],
  forgetAll: ['ROLLBACK', 'DISCARD ALL'],
});
export type Cleaning = keyof typeof cleaning;

export class Backend {
  readonly client: GuardedClient;
  readonly #cleaning: Cleaning;
  readonly #release: (broken: boolean) => void;
  readonly #timer: Runtime['timer'];
  #held = true;

  constructor(client: PoolClient, cleaning: Cleaning, { timer }: Pick<Runtime, 'timer'>) {
    if (!(client instanceof GuardedClient)) throw new TypeError('a client of another pool');
    this.client = client;
    this.#cleaning = cleaning;
    this.#release = client.release.bind(client);
    this.#timer = timer;
  }

  /** Whether a statement prepared on it is still there for the next call. */
  get keepsPrepared(): boolean {
    return this.#cleaning === 'keepPrepared';
  }

  /** Ends the connection at once. May be called again, and after {@link recycle}. */
  destroy(): void {
    this.client.destroy();
    this.#giveBack(true);
  }

  /** The answer, or its rejection: one that takes longer than `ms` milliseconds ends the connection. */
  async within<T>(ms: number, answer: Promise<T>): Promise<T> {
    const answered = this.#timer(ms, () => this.destroy());
    try {
      return await answer;
    } finally {
      answered();
    }
  }

  /** Leaves any transaction, forgets all session state, and gives the backend back; throws it away where that fails. */
  async recycle(): Promise<void> {
    try {
      this.client.allow(Number.POSITIVE_INFINITY);
      for (const text of cleaning[this.#cleaning]) await this.within(cleanWithinMs, this.client.query(text));
      this.#giveBack(this.client.getTransactionStatus() !== 'I');
    } catch {
      this.destroy();
    }
  }

  #giveBack(broken: boolean): void {
    if (!this.#held) return;
    this.#held = false;
    this.#release(broken);
  }
}
