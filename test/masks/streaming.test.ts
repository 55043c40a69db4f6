/** Rows that are handed on as they come: as many as there are, masked, in a memory that does not grow with them. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ColumnMask, CountersignError, type MaskPlan } from '@countersign/core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeMasker } from '../../packages/gateway/src/masking/masker.ts';
import type { ExecuteContext, RowSink, Target } from '../../packages/gateway/src/protocols/protocol.ts';
import { analysisOf, contextOf, limits, openShop, type Shop } from '../postgres/support.ts';
import { until } from '../support/until.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let shop: Shop;
let target: Target;
beforeAll(async () => {
  shop = await openShop();
  target = shop.target();
});
afterAll(async () => await shop[Symbol.asyncDispose]());

const redact: ColumnMask = { with: 'redact', columns: ['column:public.t.x'], domain: 'd', nulls: 'shown' };
const plan: MaskPlan = { columns: [null, redact], detectors: [], showErrors: false };
const masker = makeMasker(plan, { secret: new Uint8Array(32), principal: 'a', run: 'r' });
const capsOff = {
  ...limits,
  rows: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  timeoutMs: 120_000,
};

function read(sql: string, sink: RowSink, context: Partial<ExecuteContext> = {}) {
  const analysis = analysisOf([{ text: sql }], ['i', 'x']);
  return target.execute(
    target.parse({ sql }),
    analysis,
    contextOf({ masks: plan, masker, rows: sink, ...context }),
  );
}

test('never 41: a million rows pass with flat memory, each masked', async () => {
  let [count, masked, most] = [0, 0, 0];
  const execution = await read(
    "select i, repeat('x', 50) || i as x from generate_series(1, 1000000) i",
    {
      columns: async (names) => expect(names).toEqual(['i', 'x']),
      rows: async (batch) => {
        count += batch.length;
        for (const [, x] of batch) if (x === '[redacted]') masked++;
        if (count % 100_000 > 999) return;
        collect();
        most = Math.max(most, process.memoryUsage().heapUsed);
      },
    },
    { limits: capsOff },
  );
  collect();
  const after = process.memoryUsage().heapUsed;
  expect(execution).toEqual({
    outcome: 'succeeded',
    result: { columns: ['i', 'x'], rows: [], truncated: false },
  });
  expect([count, masked]).toEqual([1_000_000, 1_000_000]);
  // All of them at once take more than a hundred megabytes.
  expect(most - after).toBeLessThan(10_000_000);
}, 120_000);

test('what is not taken is not read', async () => {
  const held = Promise.withResolvers<void>();
  let batches = 0;
  const reading = read(
    "select i, '' as x from generate_series(1, 5000) i",
    {
      columns: async () => {},
      rows: async () => {
        batches++;
        if (batches === 2) await held.promise;
      },
    },
    { limits: capsOff },
  );
  await until(async () => batches === 2);
  await until(async () => (await shop.sessions()).some(({ state }) => state === 'idle in transaction'));
  expect(batches).toBe(2);
  held.resolve();
  expect(await reading).toMatchObject({ outcome: 'succeeded' });
  expect(batches).toBeGreaterThan(5);
});

test('caps hold, and no row is handed on of a result that is not what was analysed', async () => {
  const rows: number[] = [];
  const sink: RowSink = { columns: async () => {}, rows: async (batch) => void rows.push(batch.length) };
  expect(
    await read("select i, '' as x from generate_series(1, 5000) i", sink, {
      limits: { ...limits, rows: 1200 },
    }),
  ).toMatchObject({ outcome: 'succeeded', result: { truncated: true } });
  expect(rows.reduce((sum, one) => sum + one, 0)).toBe(1200);
  rows.length = 0;
  expect(await read('select 1 as i', sink)).toMatchObject({ outcome: 'failed', code: 'unknown_effect' });
  expect(rows).toEqual([]);
});

test('a stop ends a call whose rows nobody takes', async () => {
  const stop = new AbortController();
  const taking = Promise.withResolvers<void>();
  const sink: RowSink = {
    columns: async () => {},
    rows: () => {
      taking.resolve();
      return new Promise(() => {});
    },
  };
  const reading = read("select 1 as i, '' as x", sink, { signal: stop.signal });
  await taking.promise;
  stop.abort(new CountersignError('stopped'));
  expect(await reading).toMatchObject({ outcome: 'failed', code: 'stopped' });
  await until(async () => (await shop.sessions()).every(({ state }) => state === 'idle'));
});

test('a sink that fails ends the call', async () => {
  const sink: RowSink = {
    columns: async () => {},
    rows: async () => {
      throw new Error('nobody listens any more');
    },
  };
  expect(await read("select 1 as i, '' as x", sink)).toMatchObject({
    outcome: 'failed',
    code: 'internal',
    ran: 'rolled_back',
  });
});
