/** The gateway's own store: one Kysely, over PGlite in a locked folder, in memory, or over PostgreSQL. */
import { join } from 'node:path';
import { CountersignError } from '@countersign/core';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Pool, type PoolClient } from 'pg';
import type { Runtime } from '../runtime/runtime.ts';
import { type Hearing, listenForNotices } from './listen.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import { migrate } from './migrate.ts';
import { pgliteDialect } from './pglite-dialect.ts';
import { preparedPool } from './prepared-pool.ts';
import { PooledClient, patience, StoreClient } from './store-client.ts';

/** Milliseconds for a connection, a free one of the pool or a new one. */
const connectionTimeoutMillis = 5000;

/** Queries are written as SQL with bound values, so the schema is not repeated as types: each operation types its own rows. */
export type Database = Kysely<unknown>;

/** An open store. */
export interface Store {
  readonly db: Database;
  readonly kind: 'memory' | 'embedded' | 'postgres';
  /** Hears of what other gateways do, until the signal aborts. An embedded store has no others. */
  listen(hearing: Hearing, runtime: Runtime, signal: AbortSignal): Promise<void>;
  /**
   * Has every connection that is made from now on looked at before its first use: behind the same address there may be
   * another store. One whose look rejects is not used. Absent where connections can't break.
   */
  lookFirst?(look: Look): void;
  /** Waits for what is under way, closes, and lets go of the folder. */
  close(): Promise<void>;
}

/** Looks at a store over one connection of it. */
export type Look = (db: Database) => Promise<void>;

export type StoreConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'embedded'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly url: string };

/**
 * Opens the store and brings its schema up to date.
 *
 * @throws {CountersignError} `data_locked` when another process uses the folder, `data_damaged` when it can't be
 * opened, `unavailable` when PostgreSQL can't be reached, `config_invalid` when it does not wait for its commits.
 */
export async function openStore(config: StoreConfig): Promise<Store> {
  if (config.kind === 'postgres') return openPostgres(config.url);
  const lock = config.kind === 'embedded' ? lockFolder(config.folder) : null;
  try {
    return await openEmbedded(config, lock);
  } catch (cause) {
    lock?.release();
    if (cause instanceof CountersignError) throw cause;
    const what = config.kind === 'embedded' ? config.folder : 'the in-memory store';
    throw new CountersignError('data_damaged', { what }, { cause });
  }
}

async function openEmbedded(
  config: StoreConfig & { kind: 'memory' | 'embedded' },
  lock: FolderLock | null,
): Promise<Store> {
  const pglite = await PGlite.create(
    config.kind === 'embedded' ? { dataDir: join(config.folder, 'store') } : {},
  );
  const db: Database = new Kysely({ dialect: pgliteDialect(pglite) });
  try {
    await migrate(db);
  } catch (cause) {
    await pglite.close();
    throw cause;
  }
  return {
    db,
    kind: config.kind,
    listen: async () => undefined,
    close: async () => {
      await db.destroy();
      if (!pglite.closed) await pglite.close();
      lock?.release();
    },
  };
}

/** What was recorded before a byte went to a target has to be there after a power cut. */
async function insistOnDurability(db: Database): Promise<void> {
  const { rows } = await sql<{
    value: string;
  }>`select current_setting('synchronous_commit') as value`.execute(db);
  if (rows[0]?.value !== 'off') return;
  throw new CountersignError('config_invalid', {
    what: 'the PostgreSQL store has synchronous_commit = off',
    expected: 'synchronous_commit = on for its database and role',
  });
}

/** Over a connection of its own: a migration takes the time it takes, and waits for another gateway's. */
async function prepare(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis, Client: StoreClient });
  const db: Database = new Kysely({ dialect: new PostgresDialect({ pool }) });
  try {
    await insistOnDurability(db);
    await migrate(db);
  } catch (cause) {
    if (cause instanceof CountersignError) throw cause;
    throw new CountersignError(
      'unavailable',
      { what: 'the PostgreSQL store cannot be reached or migrated' },
      { cause },
    );
  } finally {
    await db.destroy();
  }
}

async function openPostgres(url: string): Promise<Store> {
  await prepare(url);
  let look: Look = async () => undefined;
  const pool = new Pool({
    connectionString: url,
    max: 20,
    connectionTimeoutMillis,
    Client: PooledClient,
    verify: (client, done) => {
      const ready = client.query(patience).then(() => look(overOne(client)));
      void ready.then(() => done(), done);
    },
  });
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  const db: Database = new Kysely({ dialect: new PostgresDialect({ pool: preparedPool(pool) }) });
  return {
    db,
    kind: 'postgres',
    listen: (hearing, runtime, signal) => listenForNotices(url, hearing, runtime, signal),
    lookFirst: (given) => {
      look = given;
    },
    close: () => db.destroy(),
  };
}

/** One connection as a database of its own; it stays the pool's. */
function overOne(client: PoolClient): Database {
  const query = (text: string, values: readonly unknown[]) => client.query(text, [...values]);
  const borrowed = Object.assign(Object.create(client) as PoolClient, { query, release: () => undefined });
  const pool = { connect: async () => borrowed, end: async () => undefined, options: {} };
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}
