/**
 * Whether the store can have lost its latest writes: an embedded one after another boot of the machine (it survives a
 * kill, not a power cut); a PostgreSQL one that is another cluster, or on another timeline, than when it was last
 * trusted (a failover, a backup brought back); any that lies behind the last head that was signed and kept outside it.
 * Then nothing that was decided may run any more, because it may have run.
 *
 * ```
 * looked at ──as trusted──▶ used
 *     └──another history, or behind──▶ lock ▸ look again ▸ distrust ▸ sign the head that now stands ▸ trusted ─▶ used
 * ```
 * A PostgreSQL store is looked at over every new connection before its first use: a failover breaks them all.
 */
import { sql } from 'kysely';
import type { Keys } from '../ledger/keys.ts';
import {
  type HistoryName,
  historyLock,
  historyMark,
  readHistory,
  type StoreHistory,
  trustHistory,
} from '../store/history.ts';
import type { Database, Look, Store } from '../store/store.ts';
import { distrust } from './recover.ts';
import type { Room } from './room.ts';

/**
 * Looks at the store, before anything is written to it, and from then on at every new connection.
 *
 * @param bootMark Names this boot of the machine; asked for an embedded store only.
 */
export async function trust(room: Room, store: Store, keys: Keys, bootMark: () => string): Promise<void> {
  const look = lookFor(room, keys, {
    name: store.kind === 'embedded' ? 'boot' : 'history',
    of: async (db) => {
      if (store.kind === 'postgres') return historyMark(db);
      return store.kind === 'embedded' ? bootMark() : null;
    },
  });
  // Over one connection: the lock is a session's.
  await store.db.connection().execute(look);
  store.lookFirst?.(look);
}

interface Mark {
  readonly name: HistoryName;
  /** Null where it can't be told: the last head alone then tells what is missing. */
  of(db: Database): Promise<string | null>;
}

function lookFor(room: Room, keys: Keys, mark: Mark): Look {
  /** What it was trusted as when it was last looked at: what this gateway remembers of the store belongs to that. */
  let seen: string | null = null;
  return async (db) => {
    const now = await mark.of(db);
    // The head is kept after it was committed: read in this order, a store that lost nothing is never behind.
    const kept = keys.lastHead()?.size ?? 0;
    let history = await readHistory(db, mark.name);
    if (doubt(history, now, kept) !== null) {
      await distrustOnce(room, db, keys, mark.name, now);
      history = await readHistory(db, mark.name);
    } else if (history.trusted === null && now !== null) {
      await trustHistory(db, mark.name, now);
      history = { ...history, trusted: now };
    }
    if (seen !== null && seen !== history.trusted) room.forget();
    seen = history.trusted;
  };
}

function doubt(
  { trusted, size }: StoreHistory,
  mark: string | null,
  kept: number,
): 'behind_last_head' | 'another' | null {
  if (size < kept) return 'behind_last_head';
  return trusted !== null && mark !== null && trusted.split(' ')[0] !== mark ? 'another' : null;
}

/** By one gateway at a time; those that come after find it done. */
async function distrustOnce(
  room: Room,
  db: Database,
  keys: Keys,
  name: HistoryName,
  mark: string | null,
): Promise<void> {
  await sql`select pg_advisory_lock(${historyLock})`.execute(db);
  try {
    const kept = keys.lastHead()?.size ?? 0;
    const history = await readHistory(db, name);
    const why = doubt(history, mark, kept);
    if (why === null) return;
    const gap = await distrust({ ...room, db }, why === 'another' ? `another_${name}` : why, {
      kept,
      found: history.size,
    });
    await room.ledger.goOnFromHere(db);
    await trustHistory(db, name, `${mark ?? 'untold'} ${gap}`);
  } finally {
    await sql`select pg_advisory_unlock(${historyLock})`.execute(db);
  }
}
