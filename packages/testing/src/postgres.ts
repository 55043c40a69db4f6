/**
 * A real PostgreSQL for tests and demos: one server in a folder of its own, gone with the process that started it.
 * Imports nothing of the workspace, so that plain Node can load it before any test runner is set up.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { makeCluster, type ServerProcess, startServer } from './postgres-process.ts';

/** Which server is used, and how it is set up. */
export interface PostgresOptions {
  /**
   * Whether a server that the environment names in `COUNTERSIGN_TEST_POSTGRES` (a superuser's URL) may be used instead
   * of starting one. Default true. Pass false to own the server: to restart it, or to make roles others don't see.
   */
  readonly shared?: boolean;
  /** Settings beside the defaults, as in `{ max_connections: '20' }`; they make sense for an own server only. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How a database is made. */
export interface DatabaseOptions {
  /** SQL, several statements allowed, run as the superuser once the database is there. */
  readonly seed?: string;
  /** Default: `test_` and random characters. */
  readonly name?: string;
}

/** A database for one test. */
export interface TestDatabase {
  readonly name: string;
  /** The superuser's URL to this database, password included. */
  readonly url: string;
  /** Drops it, ending whatever is connected. */
  drop(): Promise<void>;
}

/** How a restart ends the server: `fast` rolls back and closes cleanly, `immediate` is a crash. */
export type RestartMode = 'fast' | 'immediate';

/** A PostgreSQL that runs. */
export interface PostgresServer extends AsyncDisposable {
  /** The superuser's URL to the database `postgres`, password included. */
  readonly url: string;
  /** Makes a database, empty or from a seed. */
  createDatabase(options?: DatabaseOptions): Promise<TestDatabase>;
  /**
   * Ends the server and starts it again on the same port and data. Default mode: `fast`.
   *
   * @throws {Error} for a server that others share.
   */
  restart(mode?: RestartMode): Promise<void>;
  /** Ends the server and removes its folder; of a shared server only the databases made here are dropped. */
  stop(): Promise<void>;
}

/** Plain Node's sleep, so that nothing of the gateway's runtime is needed here. Milliseconds. */
const retryEveryMs = 50;
const readyWithinMs = 20_000;

/**
 * Starts a PostgreSQL 18 on a free port of 127.0.0.1, in a new folder under the system's temporary one. It commits
 * like any other but does not wait for the disk. It ends with this process, however this process ends.
 *
 * @throws {Error} where the server does not come up; the message has the server's last words.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const shared = options.shared === false ? undefined : process.env['COUNTERSIGN_TEST_POSTGRES'];
  if (shared !== undefined && shared !== '') {
    const databases = new DatabaseMaker(shared);
    await databases.untilReady();
    const stop = () => databases.dropAll();
    return {
      url: shared,
      createDatabase: (wanted) => databases.create(wanted),
      restart: () =>
        Promise.reject(new Error('a shared server is not restarted: start one with shared: false')),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }
  return await startOwn(options.settings ?? {});
}

async function startOwn(settings: Readonly<Record<string, string>>): Promise<PostgresServer> {
  const cluster = await makeCluster();
  let server: ServerProcess = await startServer(cluster, settings);
  const databases = new DatabaseMaker(server.url);
  const stop = () => server.end('SIGINT', { removeData: true });
  return {
    url: server.url,
    createDatabase: (wanted) => databases.create(wanted),
    restart: async (mode = 'fast') => {
      await server.end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT', { removeData: false });
      server = await startServer(cluster, settings, server.port);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Creates and drops databases on one server, over connections that live for one statement. */
class DatabaseMaker {
  readonly #url: string;
  readonly #made = new Set<string>();

  constructor(url: string) {
    this.#url = url;
  }

  async create({
    seed,
    name = `test_${randomBytes(8).toString('hex')}`,
  }: DatabaseOptions = {}): Promise<TestDatabase> {
    await this.#run(this.#url, `create database ${escapeIdentifier(name)}`);
    this.#made.add(name);
    const url = new URL(this.#url);
    url.pathname = `/${encodeURIComponent(name)}`;
    if (seed !== undefined) await this.#run(url.href, seed);
    return { name, url: url.href, drop: () => this.#drop(name) };
  }

  async dropAll(): Promise<void> {
    for (const name of this.#made) await this.#drop(name);
  }

  /** The server may still be starting: whoever started it did not wait. */
  async untilReady(): Promise<void> {
    for (const until = performance.now() + readyWithinMs; ; await sleep(retryEveryMs)) {
      try {
        await this.#run(this.#url, 'select 1');
        return;
      } catch (cause) {
        if (performance.now() > until)
          throw new Error('the server that COUNTERSIGN_TEST_POSTGRES names does not answer', { cause });
      }
    }
  }

  async #drop(name: string): Promise<void> {
    this.#made.delete(name);
    await this.#run(this.#url, `drop database if exists ${escapeIdentifier(name)} with (force)`);
  }

  async #run(url: string, sql: string): Promise<void> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
