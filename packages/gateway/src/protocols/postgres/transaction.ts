/**
 * One transaction for one call, on a clean backend.
 *
 * ```
 * begun ─▶ step … step ─▶ COMMIT sent ─▶ committed | rolled back | unsure
 *      └──────────────┴─▶ rolled back      (a fault, a cap, a stop: the statement is first cancelled at the server)
 * ```
 * Until COMMIT is sent a stop ends it; from then on nothing does, and where its answer is lost the server is asked.
 */
import { CountersignError } from '@countersign/core';
import type { QueryResult } from 'pg';
import type { Backend } from '../../connections/backend.ts';
import type { GuardedClient } from '../../connections/guarded-client.ts';
import { TargetFault } from '../../connections/postgres-fault.ts';
import type { LoginName } from '../../connections/postgres-logins.ts';
import { withSignal } from '../../connections/with-signal.ts';
import {
  type BackendFacts,
  type FactsRow,
  knownFacts,
  readFacts,
  readFactsQuery,
  type WriteFacts,
  writeFacts,
  writeFactsQuery,
} from './backend-facts.ts';
import { signalBackend } from './backend-signal.ts';
import { hasChanged, isConfirmed } from './compare.ts';
import type { Plan } from './effects.ts';
import type { Reach } from './reach.ts';
import { xactStatus } from './xact-status.ts';

/** Milliseconds for an answer; for a cancelled statement to end. */
const patience = Object.freeze({ begin: 5000, commit: 10_000, rollback: 5000, cancel: 500 });
/** Cancels before the backend that ignores them is ended. */
const cancels = 4;
/** Milliseconds a statement may wait for a lock: others queue up behind it. */
const lockTimeoutMs = 5000;
/** Milliseconds by which the server's own timeouts come after ours: they hold where the gateway no longer can. */
const serverGraceMs = 2000;

export interface Timeouts {
  /** Milliseconds. */
  readonly statementMs: number;
  readonly lockMs?: number;
  /** By how much the server's own timeouts come after `statementMs`; default {@link serverGraceMs}. */
  readonly graceMs?: number;
}

/** How COMMIT ended; `unsure` where its answer never came. */
export type Commit =
  | { readonly kind: 'committed' }
  | { readonly kind: 'rolled_back'; readonly error: TargetFault | null }
  | { readonly kind: 'unsure' };

/** The statement ended the transaction it ran in: what the analysis rules out. */
export class LeftTransaction extends Error {}

export class Transaction<Facts extends BackendFacts> {
  readonly facts: Facts;
  readonly #reach: Reach;
  readonly #backend: Backend;
  readonly #login: LoginName;
  readonly #signal: AbortSignal;
  /** Cancelled, or in a state nobody knows: not to be used again. */
  #spoilt = false;

  private constructor(reach: Reach, backend: Backend, login: LoginName, signal: AbortSignal, facts: Facts) {
    this.#reach = reach;
    this.#backend = backend;
    this.#login = login;
    this.#signal = signal;
    this.facts = facts;
  }

  /** For {@link begin}, which has begun it. */
  static begun<Facts extends BackendFacts>(
    reach: Reach,
    backend: Backend,
    login: LoginName,
    signal: AbortSignal,
    facts: Facts,
  ): Transaction<Facts> {
    return new Transaction(reach, backend, login, signal, facts);
  }

  /** A transaction that can change nothing. Rejects with the signal's reason, `target_unavailable` or {@link TargetFault}. */
  static read(
    reach: Reach,
    login: LoginName,
    timeouts: Timeouts,
    signal: AbortSignal,
  ): Promise<Transaction<BackendFacts>> {
    const text = opening('READ ONLY', timeouts);
    return begin(reach, login, signal, {
      text: ({ client }) => (knownFacts(client) === null ? `${text} ${readFactsQuery}` : text),
      facts: ({ client }, row) => knownFacts(client) ?? readFacts(client, row),
    });
  }

  /** A transaction with an id of its own. Rejects with the signal's reason, `target_unavailable` or {@link TargetFault}. */
  static write(
    reach: Reach,
    login: LoginName,
    timeouts: Timeouts,
    signal: AbortSignal,
  ): Promise<Transaction<WriteFacts>> {
    const text = `${opening('', timeouts)} ${writeFactsQuery}`;
    return begin(reach, login, signal, {
      text: () => text,
      facts: ({ client }, row) => writeFacts(client, row),
    });
  }

  /** Bytes that the answers of the next steps may have in all. */
  allow(bytes: number): void {
    this.#backend.client.allow(bytes);
  }

  /**
   * One round trip. A stop during it cancels the statement at the server, and the promise rejects with the stop's
   * reason; else with `result_too_large`, {@link LeftTransaction} or {@link TargetFault}.
   */
  async step<T>(work: (client: GuardedClient) => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    let stop: { readonly settled: AbortController; readonly cancelled: Promise<void> } | undefined;
    const onAbort = () => {
      const settled = new AbortController();
      stop = { settled, cancelled: this.#cancel(settled.signal) };
    };
    this.#signal.addEventListener('abort', onAbort, { once: true });
    const { client } = this.#backend;
    try {
      const result = await work(client).catch((error: unknown) => {
        this.#signal.throwIfAborted();
        throw client.overflowed ? new CountersignError('result_too_large') : new TargetFault(error);
      });
      if (client.getTransactionStatus() === 'T') return result;
      this.#spoilt = true;
      throw new LeftTransaction('the statement ended its transaction');
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
      stop?.settled.abort();
      await stop?.cancelled;
    }
  }

  /**
   * Compares what the analysis relied on with what is there now, unless the snapshot proves it.
   *
   * @param snapshot Taken in this transaction, with the statement's locks held; null where none was.
   * @throws {CountersignError} `schema_changed`.
   */
  async compare({ catalog, major }: Plan, snapshot: string | null = null): Promise<void> {
    if (this.facts.major !== major) throw new CountersignError('schema_changed');
    const { keepsPrepared } = this.#backend;
    if (isConfirmed(this.#backend.client, catalog, snapshot)) return;
    const changed = await this.step((client) => hasChanged(client, catalog, { snapshot, keepsPrepared }));
    if (changed) throw new CountersignError('schema_changed');
  }

  /**
   * Sends COMMIT, unless a stop came first: then rejects with its reason.
   *
   * @param xid This transaction's.
   */
  async commit(xid: string): Promise<Commit> {
    this.#signal.throwIfAborted();
    const { client } = this.#backend;
    client.allow(Number.POSITIVE_INFINITY);
    try {
      const { command } = await this.#backend.within(patience.commit, client.query('COMMIT'));
      void this.#backend.recycle();
      return command === 'COMMIT' ? { kind: 'committed' } : { kind: 'rolled_back', error: null };
    } catch (error) {
      return await this.#afterFailedCommit(xid, new TargetFault(error));
    }
  }

  /** Rolls back, and resolves when the server has, or when the backend is lost to us and the server will. */
  async rollback(): Promise<void> {
    try {
      await this.#backend.within(patience.rollback, this.#backend.client.query('ROLLBACK'));
    } catch {
      this.#spoilt = true;
    }
    this.abandon();
  }

  /** Gives the backend back without waiting: for a transaction that can have changed nothing, or is over. */
  abandon(): void {
    if (this.#spoilt) this.#backend.destroy();
    else void this.#backend.recycle();
  }

  /** A constraint that was deferred is checked by COMMIT. The connection still stands then, and knows what became of us. */
  async #afterFailedCommit(xid: string, error: TargetFault): Promise<Commit> {
    const { client } = this.#backend;
    if (error.fault.kind === 'refused') {
      const status = await this.#backend.within(patience.rollback, xactStatus(client, xid)).catch(() => null);
      if (status === 'aborted') {
        void this.#backend.recycle();
        return { kind: 'rolled_back', error };
      }
    }
    this.#backend.destroy();
    return { kind: 'unsure' };
  }

  async #cancel(settled: AbortSignal): Promise<void> {
    this.#spoilt = true;
    const { connection, runtime } = this.#reach;
    try {
      // A cancel that comes just before its statement is lost, so it is sent again.
      for (let sent = 0; sent < cancels; sent++) {
        await signalBackend(connection, this.#login, this.facts, 'cancel');
        await runtime.sleep(patience.cancel, settled);
        if (settled.aborted) return;
      }
      await signalBackend(connection, this.#login, this.facts, 'terminate');
    } catch {
      // Out of reach by another connection; the server notices this one's end, or its own timeout.
    }
    this.#backend.destroy();
  }
}

/**
 * One round trip for all of it; a name an agent could shadow is never used. That it ends in a query matters: before the
 * first one, a transaction could still be set to read and write.
 */
function opening(
  mode: 'READ ONLY' | '',
  { statementMs, lockMs = lockTimeoutMs, graceMs = serverGraceMs }: Timeouts,
): string {
  const outer = Math.ceil(statementMs) + graceMs;
  const settings = {
    statement_timeout: outer,
    lock_timeout: Math.min(lockMs, outer),
    idle_in_transaction_session_timeout: outer,
    // Quoting rules other than the parser's would make another statement of the same text.
    standard_conforming_strings: 'on',
    client_min_messages: 'error',
  };
  const set = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config('${name}', '${value}', true)`,
  );
  return `BEGIN ISOLATION LEVEL READ COMMITTED ${mode}; SELECT ${set.join(', ')};`;
}

interface Beginning<Facts> {
  readonly text: (backend: Backend) => string;
  readonly facts: (backend: Backend, row: FactsRow | undefined) => Facts;
}

async function begin<Facts extends BackendFacts>(
  reach: Reach,
  login: LoginName,
  signal: AbortSignal,
  { text, facts }: Beginning<Facts>,
): Promise<Transaction<Facts>> {
  for (let attempt = 1; ; attempt++) {
    const backend = await reach.connection.open(login, signal);
    try {
      // Several statements in one simple message have a result each, which the driver's types don't know.
      const begun = backend.within(patience.begin, backend.client.query(text(backend)));
      const answer: unknown = await withSignal(begun, signal);
      const results = answer as readonly QueryResult<Record<string, string | null>>[];
      return Transaction.begun(reach, backend, login, signal, facts(backend, results.at(-1)?.rows[0]));
    } catch (error) {
      backend.destroy();
      signal.throwIfAborted();
      if (error instanceof TypeError) throw error;
      // A pooled connection may have died unnoticed. Nothing was sent of the call: once more, on another.
      const fault = new TargetFault(error);
      if (fault.fault.kind === 'refused' || attempt === 2) throw fault;
    }
  }
}
