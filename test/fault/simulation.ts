/**
 * Runs many simulations: `--from SEED` (default 1), `--seeds HOW_MANY` (default a million), `--workers HOW_MANY`
 * (default 1), or `--trace SEED` to be told one of them. What was violated goes to stdout, a line each, progress and a
 * summary to stderr; the exit code is 1 when anything was. A range can be run in parts, on as many machines as there are.
 *
 * `node --conditions=@countersign/source test/fault/simulation.ts --from 1 --seeds 1000000 --workers 2`
 */
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openWorld, simulate } from './simulation/simulate.ts';

/** Every how many seeds a worker says how far it is. */
const reportEvery = 50;

/** What gateways leave in memory when they are killed goes with the worker they were killed in. */
const seedsOfAWorker = 1000;

/** How often progress is told, at the most. Milliseconds. */
const tellEveryMs = 15_000;

interface Part {
  readonly from: number;
  readonly seeds: number;
}

type Said =
  | { readonly kind: 'violated'; readonly seed: number; readonly what: string }
  | { readonly kind: 'done'; readonly seeds: number; readonly failed: number };

async function work({ from, seeds }: Part, say: (said: Said) => void): Promise<void> {
  const world = await openWorld();
  let [done, failed] = [0, 0];
  const report = () => {
    say({ kind: 'done', seeds: done, failed });
    [done, failed] = [0, 0];
  };
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations } = await simulate(world, seed);
    for (const what of violations) say({ kind: 'violated', seed, what });
    done++;
    if (violations.length > 0) failed++;
    if (done === reportEvery) report();
  }
  report();
  await world.close();
}

async function trace(seed: number): Promise<void> {
  const world = await openWorld();
  const { violations } = await simulate(world, seed, { trace: (line) => console.log(line) });
  await world.close();
  process.exitCode = violations.length > 0 ? 1 : 0;
}

async function runAll(from: number, seeds: number, workers: number): Promise<void> {
  const began = performance.now();
  let [done, failed] = [0, 0];
  let toldAt = began;
  const tell = () => {
    toldAt = performance.now();
    const seconds = (toldAt - began) / 1000;
    const rate = (done / Math.max(seconds, 0.001)).toFixed(1);
    process.stderr.write(`${done} of ${seeds} seeds from ${from}, ${failed} failed, ${rate} a second\n`);
  };
  const hear = (said: Said) => {
    if (said.kind === 'violated') return process.stdout.write(`seed ${said.seed}: ${said.what}\n`);
    done += said.seeds;
    failed += said.failed;
    if (performance.now() - toldAt > tellEveryMs) tell();
    return true;
  };
  let next = from;
  const lane = async () => {
    while (next < from + seeds) {
      const part: Part = { from: next, seeds: Math.min(seedsOfAWorker, from + seeds - next) };
      next += part.seeds;
      await new Promise<void>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: part });
        worker.on('message', hear);
        worker.on('error', reject);
        worker.on('exit', () => resolve());
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, lane));
  tell();
  process.exitCode = failed > 0 ? 1 : 0;
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new TypeError(`--${name} ${text}: a whole number from ${least}`);
  return value;
}

if (isMainThread) {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1000000' },
      workers: { type: 'string', default: '1' },
      trace: { type: 'string' },
    },
  });
  if (values.trace !== undefined) await trace(wholeNumber('trace', values.trace, 0));
  else
    await runAll(
      wholeNumber('from', values.from, 0),
      wholeNumber('seeds', values.seeds, 1),
      wholeNumber('workers', values.workers, 1),
    );
} else {
  const say = (said: Said) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
    parentPort?.postMessage(said);
  };
  await work(workerData as Part, say);
}
