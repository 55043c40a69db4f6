/**
 * A pool whose clients prepare what they are asked again: the store's operations are a few long statements whose texts
 * never change, and planning one takes longer than running it.
 */
import type { Pool, PoolClient, QueryResult } from 'pg';
import { StatementNames } from './statement-names.ts';

type Query = (text: string, values: readonly unknown[]) => Promise<QueryResult>;

/** The same pool: each client it hands out is a view of a `pg` client in which `query` names its statement. */
export function preparedPool(pool: Pool): Pool {
  const names = new StatementNames();
  const views = new WeakMap<PoolClient, PoolClient>();
  const viewOf = (client: PoolClient): PoolClient => {
    const known = views.get(client);
    if (known !== undefined) return known;
    const query: Query = (text, values) => {
      const name = values.length > 0 ? names.of(text) : undefined;
      return client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    };
    const view = Object.assign(Object.create(client) as PoolClient, { query });
    views.set(client, view);
    return view;
  };
  return Object.assign(Object.create(pool) as Pool, {
    connect: async () => viewOf(await pool.connect()),
    end: () => pool.end(),
  });
}
