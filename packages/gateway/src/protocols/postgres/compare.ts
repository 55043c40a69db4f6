/**
 * Whether what an analysis relied on is still there. Reading it all again is a long query, so what it found is kept for
 * each connection, with the snapshot it holds for: while the server shows that connection the same transactions, and
 * none besides, no row of its catalog has changed. A snapshot never comes back once a transaction has ended. The search
 * path, which is no row of the catalog, stands beside it.
 */
import { type ReliedOn, reliedOnQuery } from '@countersign/postgres';
import type { GuardedClient } from '../../connections/guarded-client.ts';

const confirmed = new WeakMap<GuardedClient, WeakMap<ReliedOn, string>>();

export function isConfirmed(client: GuardedClient, reliedOn: ReliedOn, snapshot: string | null): boolean {
  return snapshot !== null && confirmed.get(client)?.get(reliedOn) === snapshot;
}

export interface Comparing {
  /** Of the transaction, taken before the comparison; null where there is none. */
  readonly snapshot: string | null;
  /** Whether the query is worth preparing: the connection keeps it. */
  readonly keepsPrepared: boolean;
}

/** Reads again what was relied on. One round trip. Rejects with the driver's error. */
export async function hasChanged(
  client: GuardedClient,
  reliedOn: ReliedOn,
  { snapshot, keepsPrepared }: Comparing,
): Promise<boolean> {
  const { text, values } = reliedOnQuery(reliedOn);
  const name = keepsPrepared ? { name: 'countersign_compare' } : {};
  const { rows } = await client.query({ ...name, text, values, rowMode: 'array' });
  if (rows.length > 0) return true;
  if (snapshot === null) return false;
  let kept = confirmed.get(client);
  if (kept === undefined) confirmed.set(client, (kept = new WeakMap()));
  kept.set(reliedOn, snapshot);
  return false;
}
