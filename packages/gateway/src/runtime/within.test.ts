import { expect, test } from '@jest/globals';
import { systemRuntime } from './runtime.ts';
import { within } from './within.ts';

test('work that is not done in time is told so, and its answer still counts', async () => {
  const reason = await within(
    systemRuntime,
    5,
    (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason))),
  );
  expect(reason).toMatchObject({ name: 'TimeoutError', message: 'not done within 5 ms' });
});

test('work that is done takes the deadline with it', async () => {
  const slept: AbortSignal[] = [];
  const runtime = {
    sleep: (ms: number, signal?: AbortSignal) => {
      if (signal !== undefined) slept.push(signal);
      return systemRuntime.sleep(ms, signal);
    },
  };
  let told: AbortSignal | undefined;
  await within(runtime, 60_000, async (signal) => {
    told = signal;
  });
  expect(slept.map(({ aborted }) => aborted)).toEqual([true]);
  await systemRuntime.sleep(1);
  expect(told?.aborted).toBe(false);
});
