/**
 * The store as one gateway sees it. Each statement is a step; so is its answer, where the network is slow. A statement
 * may fail before it took effect or after, and its connection is then gone, with the transaction that was open on it.
 * There is one session, so while a transaction is open nobody else's statement goes through.
 */
import type { CallId } from '@countersign/core';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import { migrate } from '../../../packages/gateway/src/store/migrate.ts';
import type { Store } from '../../../packages/gateway/src/store/store.ts';
import type { Random } from './random.ts';
import type { Process, Scheduler } from './scheduler.ts';
import type { Session } from './session.ts';

/** How often something goes wrong between a gateway and its store. */
export interface StoreFaults {
  /** The statement never arrives. */
  readonly before: number;
  /** It took effect, and nobody hears of it. */
  readonly after: number;
  /** The answer takes its time. */
  readonly slow: number;
  /** A notice to another gateway is lost. */
  readonly unheard: number;
}

export const noFaults: StoreFaults = { before: 0, after: 0, slow: 0, unheard: 0 };

interface Client {
  broken: boolean;
}

export type Rewrite = (sql: string) => string;

export class SharedStore {
  readonly #session: Session;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #rewrite: Rewrite;
  readonly #listeners: { readonly process: Process; readonly moved: (call: CallId) => void }[] = [];
  readonly #clients: { readonly process: Process; readonly client: Client }[] = [];
  /** Whose transaction is open. */
  #owner: Client | null = null;
  #awayUntil = 0;
  faults: StoreFaults = noFaults;

  constructor(session: Session, scheduler: Scheduler, random: Random, rewrite: Rewrite) {
    this.#session = session;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#rewrite = rewrite;
  }

  /** Nobody reaches it for so long; what was open is rolled back. Milliseconds. */
  goesAway(ms: number): void {
    this.#scheduler.tell(`the store is away for ${ms} ms`);
    this.#awayUntil = this.#scheduler.now + ms;
    for (const { client } of this.#clients) this.#break(client);
  }

  /** Looks at the store from outside, beside every gateway. */
  look(sql: string, values: readonly unknown[] = []) {
    this.#session.setTime(this.#scheduler.now);
    return this.#session.run(sql, values);
  }

  seenBy(process: Process, kind: Store['kind']): Store {
    const pool = {
      connect: async () => {
        const client: Client = { broken: false };
        this.#clients.push({ process, client });
        return {
          query: (sql: string, values: readonly unknown[] = []) => this.#query(process, client, sql, values),
          release: () => this.#forget(client),
        };
      },
      end: async () => undefined,
    };
    return {
      db: new Kysely({ dialect: new PostgresDialect({ pool: pool as unknown as PostgresPool }) }),
      kind,
      listen: (hearing, _runtime, signal) => {
        const listener = { process, moved: (call: CallId) => hearing.moved(call) };
        this.#listeners.push(listener);
        return new Promise((resolve) => {
          const end = () => {
            this.#listeners.splice(this.#listeners.indexOf(listener), 1);
            resolve();
          };
          if (signal.aborted) end();
          else signal.addEventListener('abort', end, { once: true });
        });
      },
      close: async () => undefined,
    };
  }

  /** The server notices that a gateway is gone: what it had open is rolled back. */
  disconnect(process: Process): void {
    for (const { process: whose, client } of this.#clients) if (whose === process) this.#break(client);
  }

  async #query(process: Process, client: Client, sql: string, values: readonly unknown[]) {
    const rows = await this.#scheduler.park(process, {
      label: sql.trimStart().slice(0, 70).replace(/\s+/g, ' '),
      ready: () => this.#owner === null || this.#owner === client,
      work: () => this.#run(client, sql, values),
    });
    if (this.#random.chance(this.faults.slow))
      await this.#scheduler.park(process, { label: 'hears from the store', work: () => undefined });
    return { command: 'SELECT', rowCount: rows.length, rows };
  }

  #run(client: Client, sql: string, values: readonly unknown[]) {
    const away = this.#scheduler.now < this.#awayUntil;
    if (client.broken || away || this.#random.chance(this.faults.before)) throw this.#lost(client);
    this.#session.setTime(this.#scheduler.now);
    const rows = this.#session.run(this.#rewrite(sql), values);
    if (sql === 'begin') this.#owner = client;
    if (sql === 'commit' || sql === 'rollback') this.#owner = null;
    this.#scheduler.tell(`  ${JSON.stringify(values)} → ${JSON.stringify(rows)}`);
    this.#notify();
    if (this.#random.chance(this.faults.after)) throw this.#lost(client);
    return rows;
  }

  #notify(): void {
    for (const call of this.#session.takeNotices())
      for (const { process, moved } of this.#listeners)
        if (!this.#random.chance(this.faults.unheard))
          void this.#scheduler.park(process, {
            label: `hears that ${call} moved`,
            work: () => moved(call as CallId),
          });
  }

  #lost(client: Client): Error {
    this.#scheduler.tell('  its connection is lost');
    this.#break(client);
    return Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
  }

  #break(client: Client): void {
    client.broken = true;
    if (this.#owner !== client) return;
    this.#session.run('rollback');
    this.#owner = null;
  }

  #forget(client: Client): void {
    const at = this.#clients.findIndex((one) => one.client === client);
    if (at >= 0) this.#clients.splice(at, 1);
  }
}

/** Makes the tables, through the product's own migrations. */
export async function prepare(session: Session): Promise<void> {
  session.setTime(0);
  const query = async (sql: string, values: readonly unknown[] = []) => ({
    command: 'SELECT',
    rows: session.run(sql, values),
  });
  const pool = { connect: async () => ({ query, release: () => undefined }), end: async () => undefined };
  await migrate(new Kysely({ dialect: new PostgresDialect({ pool: pool as unknown as PostgresPool }) }));
  // What is written is never read back from a log: nothing here survives the process.
  // A table goes after those that refer to it.
  const referred = ['approvals', 'calls', 'runs'];
  const others = session.tables().filter((table) => !referred.includes(table));
  for (const table of [...others, ...referred]) session.run(`alter table ${table} set unlogged`);
}
