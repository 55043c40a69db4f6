/**
 * Gives every event that has none its index, and signs the head of the tree that then stands. One batch is one
 * transaction; the lock lets one gateway do it at a time. Events that commit later get later indexes, and events of one
 * call keep their order, because a move commits before the next one of that call begins.
 */
import type { SignedHead } from '@countersign/core';
import { sql } from 'kysely';
import { append, emptyTree, leafHash, type MerkleTree } from '../ledger/merkle.ts';
import { sequencedChannel } from './listen.ts';
import type { Database } from './store.ts';

const batchSize = 1000;

export type SignTree = (tree: MerkleTree) => SignedHead;

/** The new head, and whether there may be more to do. */
export interface Sequenced {
  readonly head: SignedHead;
  readonly full: boolean;
}

/** @returns null when there was nothing to do. */
export async function sequenceBatch(db: Database, sign: SignTree): Promise<Sequenced | null> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(7401)`.execute(tx);
    const waiting = await sql<{ id: string; bytes: string }>`
      select id, bytes from events where index is null order by ordinal limit ${batchSize}`.execute(tx);
    if (waiting.rows.length === 0) return null;
    let tree = await currentTree(tx);
    const start = tree.size;
    for (const { bytes } of waiting.rows) tree = append(tree, leafHash(bytes));
    const ids = JSON.stringify(waiting.rows.map((row) => row.id));
    await sql`
      update events e set index = ${start}::bigint + n.place - 1
      from jsonb_array_elements_text(${ids}::text::jsonb) with ordinality as n (id, place) where e.id = n.id`.execute(
      tx,
    );
    const head = sign(tree);
    await sql`
      with signed as (
        insert into heads (size, root, at, key, signature, peaks)
        values (${head.size}, ${head.root}, ${head.at}, ${head.key}, ${head.signature},
                ${JSON.stringify(tree.peaks.map((peak) => peak.toString('hex')))}::text::jsonb) returning size)
      select pg_notify(${sequencedChannel}, '') from signed`.execute(tx);
    return { head, full: waiting.rows.length === batchSize };
  });
}

async function currentTree(db: Database): Promise<MerkleTree> {
  const { rows } = await sql<{
    size: number;
    peaks: string[];
  }>`select size::float8 as size, peaks from heads order by heads.size desc limit 1`.execute(db);
  const row = rows[0];
  return row === undefined
    ? emptyTree
    : { size: row.size, peaks: row.peaks.map((peak) => Buffer.from(peak, 'hex')) };
}
