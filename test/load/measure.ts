/** What the measurements share: rates, percentiles, and fair comparisons on a machine that others use too. */

interface Rate {
  readonly perSecond: number;
  readonly medianMs: number;
}

/** Runs `one` by so many callers, over and over, for a while. */
async function rate(callers: number, seconds: number, one: () => Promise<unknown>): Promise<Rate> {
  const start = performance.now();
  const until = start + seconds * 1000;
  const took: number[] = [];
  const caller = async () => {
    while (performance.now() < until) {
      const before = performance.now();
      await one();
      took.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { perSecond: (took.length * 1000) / (performance.now() - start), medianMs: percentile(took, 50) };
}

/**
 * Several things measured in turns, a second each, so that whatever else the machine does hits them all: the median of
 * each over the rounds.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  callers: number,
  things: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, Rate>> {
  const named = Object.entries(things) as [Name, () => Promise<unknown>][];
  const measured = new Map<Name, Rate[]>(named.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, one] of named) measured.get(name)?.push(await rate(callers, 1, one));
  return Object.fromEntries([...measured].map(([name, rates]) => [name, middle(rates)])) as Record<
    Name,
    Rate
  >;
}

const middle = (rates: readonly Rate[]): Rate => ({
  perSecond: percentile(
    rates.map(({ perSecond }) => perSecond),
    50,
  ),
  medianMs: percentile(
    rates.map(({ medianMs }) => medianMs),
    50,
  ),
});

/** The value below which so many percent of the values are; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

/** Repeats `one` at the start, unmeasured, until caches are filled and code is compiled. */
export async function warmUp(times: number, one: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < times; time++) await one();
}

/** Runs a task for each number below `count`, so many at once, and says on stderr how far it is. */
export async function forEach(
  count: number,
  atOnce: number,
  what: string,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      await task(index);
      if ((index + 1) % Math.ceil(count / 20) === 0)
        process.stderr.write(`\r${what}: ${index + 1} of ${count}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  process.stderr.write('\n');
}

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** `memory` or `postgres`, from the command line. */
export function storeFromArguments(): 'memory' | 'postgres' {
  const given = process.argv[2] ?? 'memory';
  if (given !== 'memory' && given !== 'postgres') throw new Error('the store: memory or postgres');
  return given;
}
