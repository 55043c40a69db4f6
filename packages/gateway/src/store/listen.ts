/**
 * Hears from the other gateways of a PostgreSQL store that a call moved. Only a hint: whoever waits also looks by itself
 * now and then, so that a notice lost while the connection was down costs moments, not an answer.
 */
import type { CallId } from '@countersign/core';
import { Client } from 'pg';
import type { Runtime } from '../runtime/runtime.ts';

export const movedChannel = 'countersign_moved';

/** Milliseconds after which a lost connection is made again. */
const againMs = 1000;

/** Listens until the signal aborts; resolves then. */
export async function listenForMoves(
  url: string,
  moved: (call: CallId) => void,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 5000 });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    client.on('notification', ({ payload }) => moved((payload ?? '') as CallId));
    try {
      await client.connect();
      await client.query(`listen ${movedChannel}`);
      await whenAborted(AbortSignal.any([signal, lost.signal]));
    } catch {
      // The store is down: looking by itself will say so, and this is tried again.
    }
    await client.end().catch(() => undefined);
    await runtime.sleep(againMs, signal);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
