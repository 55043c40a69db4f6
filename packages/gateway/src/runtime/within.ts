/** Bounds work by a deadline of the runtime's clock, so that a test can bend it. */
import type { Runtime } from './runtime.ts';

/** Runs `work` with a signal that aborts after `ms` with a `TimeoutError`. What `work` makes of the signal is its own. */
export async function within<T>(
  runtime: Pick<Runtime, 'sleep'>,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  void runtime.sleep(ms, done.signal).then(() => {
    if (!done.signal.aborted) late.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  });
  try {
    return await work(late.signal);
  } finally {
    done.abort();
  }
}
