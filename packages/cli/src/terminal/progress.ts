/** A word on what takes longer than a moment, for whoever watches. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from './terminal.ts';

/** Milliseconds after which silence becomes a question. */
const patienceMs = 1000;

/** Does the work; says what it is on a terminal's stderr while it takes longer than a second. */
export async function withProgress<Result>(
  { err }: Terminal,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!err.isTerminal) return await work();
  const done = new AbortController();
  const telling = sleep(patienceMs, null, { signal: done.signal }).then(
    async () => {
      await err.write(err.paint('dim', `${what} …`));
      return true;
    },
    () => false,
  );
  try {
    return await work();
  } finally {
    done.abort();
    if (await telling) await err.write('\r\u001b[2K');
  }
}
