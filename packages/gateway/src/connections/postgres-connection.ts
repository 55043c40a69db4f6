/**
 * What reaches a PostgreSQL target: a pool for each login, opened at the first need. A connector that runs beside the
 * target can offer the same `open`.
 */
import { type Client, type ClientConfig, Pool } from 'pg';
import type { Runtime } from '../runtime/runtime.ts';
import { Backend } from './backend.ts';
import { GuardedClient } from './guarded-client.ts';
import { unavailable } from './postgres-fault.ts';
import type { LoginName, Logins } from './postgres-logins.ts';
import { withSignal } from './with-signal.ts';

export interface PostgresConnection {
  /**
   * A clean backend of this login, within five seconds.
   *
   * @throws {CountersignError} `target_unavailable`; the signal's reason where it aborts.
   */
  open(login: LoginName, signal: AbortSignal): Promise<Backend>;

  /**
   * Works on a connection of its own, outside the pool: to cancel, or to ask what became of a transaction.
   *
   * @throws {CountersignError} `target_unavailable`; whatever `work` throws.
   */
  aside<T>(login: LoginName, work: (client: Client) => Promise<T>): Promise<T>;

  /** Ends every connection; resolves when their sockets are closed. */
  close(): Promise<void>;
}

export interface PoolOptions {
  /** Backends a login may have at once; default 10. */
  readonly max?: number;
  /** Milliseconds to wait for one; default 5000. */
  readonly waitMs?: number;
}

/** Milliseconds that one statement on a connection aside may take. */
const asideStatementMs = 5000;
/** Milliseconds that a polite end of a connection may take. */
const endWithinMs = 2000;

export function postgresConnection(
  logins: Logins,
  runtime: Runtime,
  { max = 10, waitMs = 5000 }: PoolOptions = {},
): PostgresConnection {
  const pools = new Map<string, Pool>();
  const live = new Set<GuardedClient>();

  class CountedClient extends GuardedClient {
    constructor(config?: string | ClientConfig) {
      super(config);
      live.add(this);
      this.once('end', () => live.delete(this));
    }
  }

  const settings = (login: LoginName) => ({
    connectionString: logins.urls[login],
    fallback_application_name: 'countersign',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: waitMs,
  });

  function poolOf(login: LoginName): Pool {
    // Writes have a pool of their own, also where the login is the same: slow reads must not keep approved work waiting.
    const key = login === 'write' ? `write ${logins.urls[login]}` : logins.urls[login];
    let pool = pools.get(key);
    if (pool === undefined) {
      pool = new Pool({ ...settings(login), max, idleTimeoutMillis: 30_000, Client: CountedClient });
      // An idle backend that ends is taken out of the pool; nobody waits for it.
      pool.on('error', () => {});
      pools.set(key, pool);
    }
    return pool;
  }

  return {
    async open(login, signal) {
      signal.throwIfAborted();
      const opening = poolOf(login)
        .connect()
        .then((client) => new Backend(client, login === 'write' ? 'forgetAll' : 'keepPrepared', runtime));
      try {
        return await withSignal(opening, signal);
      } catch (error) {
        // Whoever gave up doesn't keep the backend that still comes.
        void opening.then(
          (backend) => backend.recycle(),
          () => {},
        );
        if (signal.aborted) throw error;
        throw unavailable(error);
      }
    },

    async aside(login, work) {
      const client = new CountedClient({ ...settings(login), query_timeout: asideStatementMs });
      try {
        await client.connect();
      } catch (error) {
        client.destroy();
        throw unavailable(error);
      }
      try {
        return await work(client);
      } finally {
        await ended(client, runtime);
      }
    },

    async close() {
      // Whoever waited for these has been told to stop.
      for (const client of live) if (!client.ready) client.destroy();
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      await Promise.all([...live].map((client) => ended(client, runtime)));
    },
  };
}

/** Ends a connection politely, or by force where the other side doesn't answer. */
async function ended(client: GuardedClient, runtime: Runtime): Promise<void> {
  const done = new AbortController();
  const gone = client.end().then(
    () => done.abort(),
    () => done.abort(),
  );
  await Promise.race([gone, runtime.sleep(endWithinMs, done.signal)]);
  if (!done.signal.aborted) client.destroy();
  done.abort();
}
