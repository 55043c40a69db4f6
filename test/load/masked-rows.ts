/**
 * Reading a large result through the gateway's road to the target, against reading the same with `pg`, in one run:
 * unmasked, with two of eight columns masked, with detectors on every text column.
 * `node --conditions=@countersign/source --expose-gc test/load/masked-rows.ts [rows]`
 */
import type { CallId, ColumnMask, MaskPlan } from '@countersign/core';
import { detectorNames } from '@countersign/core';
import { startPostgres } from '@countersign/testing';
import { Client } from 'pg';
import { makeMasker } from '../../packages/gateway/src/masking/masker.ts';
import { postgres } from '../../packages/gateway/src/protocols/postgres/index.ts';
import type { RowSink } from '../../packages/gateway/src/protocols/protocol.ts';
import { systemRuntime } from '../../packages/gateway/src/runtime/runtime.ts';

const count = Number(process.argv[2] ?? 200_000);
const rounds = 3;
const sql = 'select id, name, email, city, ssn, amount, at, note from customers';
const seed = `create table customers (id int, name text, email text, city text, ssn text, amount numeric, at timestamptz, note text);
insert into customers select i, 'customer ' || i, 'c' || i || '@example.com', 'city ' || i % 100, lpad(i::text, 9, '0'), i * 1.25,
  timestamptz '2024-01-01' + i * interval '1 minute', 'a note of some length about customer number ' || i
from generate_series(1, ${count}) i; analyze;`;

await using server = await startPostgres();
const database = await server.createDatabase({ seed });
const limits = { rows: count, bytes: 1024 ** 3, timeoutMs: 600_000 };
const more = { rejectionMemoryMs: 0, waitingPerPrincipal: 1, waitingPerGroup: 1, asksPerHour: 1 };
const config = {
  name: 'shop-db',
  protocol: 'postgres' as const,
  labels: {},
  limits: { ...limits, ...more },
  throwaway: true,
  settings: { url: database.url },
};
const target = postgres.connect(config, systemRuntime);
const direct = new Client({ connectionString: database.url });
await direct.connect();

const redact: ColumnMask = {
  with: 'redact',
  columns: ['column:public.customers.ssn'],
  domain: 'd',
  nulls: 'shown',
};
const none = Array.from({ length: 8 }, () => null);
const two = none.map((_, at) => (at === 2 || at === 4 ? redact : null));
const every = { with: 'redact', detect: detectorNames, names: detectorNames, domain: 'd' } as const;
const plans: Readonly<Record<string, MaskPlan>> = {
  unmasked: { columns: none, detectors: [], showErrors: true },
  'two of eight columns masked': { columns: two, detectors: [], showErrors: true },
  'detectors on every column': { columns: none, detectors: [every], showErrors: true },
};

const signal = new AbortController().signal;
const input = target.parse({ sql });
const analysis = await target.analyse(input, signal);
const scope = { secret: new Uint8Array(32), principal: 'a', run: 'r' };

async function throughTheGateway(plan: MaskPlan, rows?: RowSink): Promise<number> {
  const execution = await target.execute(input, analysis, {
    call: 'call_load' as CallId,
    limits: config.limits,
    masks: plan,
    masker: makeMasker(plan, scope),
    started: async () => undefined,
    signal,
    ...(rows === undefined ? {} : { rows }),
  });
  if (execution.outcome !== 'succeeded' || !('rows' in execution.result))
    throw new Error(JSON.stringify(execution));
  return execution.result.rows.length;
}

async function timed(what: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.();
    const start = performance.now();
    if ((await what()) !== count) throw new Error('rows are missing');
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const { rows: sizes } = await direct.query<{ bytes: string }>(
  `select sum(length(v::text))::text as bytes from (${sql}) v`,
);
const bytes = Number(sizes[0]?.bytes ?? 0);
const alone = await timed(async () => (await direct.query({ text: sql, rowMode: 'array' })).rows.length);
const line = (what: string, ms: number) =>
  console.log(
    `${what.padEnd(40)} ${Math.round(ms)} ms  ${Math.round(count / ms)}k rows/s  ${(bytes / ms / 1000).toFixed(0)} MB/s  ${(ms / alone).toFixed(2)} of pg`,
  );
line('pg, rowMode array', alone);
for (const [what, plan] of Object.entries(plans)) line(what, await timed(() => throughTheGateway(plan)));

/** Handed on as they come, and kept by nobody: the heap is looked at after a collection, every so many rows. */
async function streamed(plan: MaskPlan): Promise<number> {
  let [passed, most] = [0, 0];
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  await throughTheGateway(plan, {
    columns: async () => {},
    rows: async (batch) => {
      const mark = Math.floor(passed / 100_000);
      passed += batch.length;
      if (Math.floor(passed / 100_000) === mark) return;
      globalThis.gc?.();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    },
  });
  heap = most;
  return passed;
}
let heap = 0;
for (const [what, plan] of Object.entries(plans)) {
  line(`${what}, handed on`, await timed(() => streamed(plan)));
  console.log(`  at most ${(heap / 1024 / 1024).toFixed(1)} MB more on the heap`);
}
await target.close();
await direct.end();
