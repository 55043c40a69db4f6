/**
 * A one-row SELECT as a guarded call (submit and execute, masks and ledger on) against the same SELECT by `pg`, in one
 * run, at 1 and at 32 callers. Prints the ratio of the rates; absolute times on shared machines mean little.
 *
 *   npx pnpm exec node --conditions=@countersign/source test/load/guarded-select.ts [seconds] [memory|postgres]
 */
import { Pool } from 'pg';
import { execute, startHarness, submit } from '../gateway/harness.ts';

const seconds = Number(process.argv[2] ?? 5);
const statement = 'select id, owner, balance from accounts where id = 7';

/** Runs `one` by so many callers for the time given. @returns how many a second, and the median milliseconds of one. */
async function rate(
  callers: number,
  one: () => Promise<unknown>,
): Promise<{ perSecond: number; medianMs: number }> {
  const until = performance.now() + seconds * 1000;
  const took: number[] = [];
  const start = performance.now();
  const caller = async () => {
    while (performance.now() < until) {
      const before = performance.now();
      await one();
      took.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  took.sort((a, b) => a - b);
  return {
    perSecond: (took.length * 1000) / (performance.now() - start),
    medianMs: took[Math.floor(took.length / 2)] ?? Number.NaN,
  };
}

const on = process.argv[3] === 'postgres' ? 'postgres' : 'memory';
const harness = await startHarness({ on });
const pool = new Pool({ connectionString: harness.databaseUrl, max: 32 });
try {
  const agent = await harness.agent();
  const guarded = async () => {
    const done = await execute(agent, await submit(agent, statement, { run: 'load' }));
    if (done.outcome !== 'succeeded') throw new Error(done.call.reason);
  };
  const direct = () => pool.query(statement);
  for (let warm = 0; warm < 50; warm++) {
    await guarded();
    await direct();
  }
  for (const callers of [1, 32]) {
    const [bare, guard] = [await rate(callers, direct), await rate(callers, guarded)];
    process.stdout.write(
      `${callers} callers: pg ${bare.perSecond.toFixed(0)}/s (median ${bare.medianMs.toFixed(2)} ms), guarded ${guard.perSecond.toFixed(0)}/s ` +
        `(median ${guard.medianMs.toFixed(2)} ms), ratio ${(guard.perSecond / bare.perSecond).toFixed(3)}\n`,
    );
  }
} finally {
  await pool.end();
  await harness.close();
}
