/**
 * Hears from the other gateways of a PostgreSQL store that a call moved, or that events got their place in the ledger.
 * Only a hint: whoever waits also looks by itself now and then, so that a notice lost while the connection was down costs
 * moments, not an answer.
 */
import type { CallId } from '@countersign/core';
import type { Runtime } from '../runtime/runtime.ts';
import { StoreClient } from './store-client.ts';

export const movedChannel = 'countersign_moved';
export const sequencedChannel = 'countersign_sequenced';

/** Who is told of what was heard. */
export interface Hearing {
  moved(call: CallId): void;
  sequenced(): void;
}

/** Milliseconds after which a lost connection is made again. */
const againMs = 1000;

/** How often the store is asked whether it still hears us, and how long it may take to answer. Milliseconds. */
const [askEveryMs, answerWithinMs] = [15_000, 5000];

/** Listens until the signal aborts; resolves then. */
export async function listenForNotices(
  url: string,
  hearing: Hearing,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new StoreClient({
      connectionString: url,
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
    });
    const lost = new AbortController();
    client.on('end', () => lost.abort());
    const over = AbortSignal.any([signal, lost.signal]);
    client.on('notification', ({ channel, payload }) => {
      if (channel === movedChannel) hearing.moved((payload ?? '') as CallId);
      else hearing.sequenced();
    });
    try {
      await client.connect();
      await client.query(`listen ${movedChannel}; listen ${sequencedChannel}`);
      // A connection whose other end is gone is as silent as one on which nothing happens.
      while (!over.aborted) {
        await runtime.sleep(askEveryMs, over);
        if (!over.aborted) await client.query('select 1');
      }
    } catch {
      // The store is down: looking by itself will say so, and this is tried again.
    }
    client.destroy();
    await runtime.sleep(againMs, signal);
  }
}
