/** That the simulation would tell: products that are broken in one place each, and what is told of them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sabotages } from './simulation/sabotage.ts';
import { openWorld, simulate } from './simulation/simulate.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(() => world.close());

/** Seeds that are tried from the one that is known to do. */
const tried = 150;

test.each(sabotages)(
  'the simulation notices $name',
  async ({ sabotage, told, from }) => {
    const seen: string[] = [];
    for (let seed = from; seed < from + tried && !seen.some((what) => told.test(what)); seed++)
      seen.push(...(await simulate(world, seed, { sabotage })).violations);
    expect(seen.join('\n')).toMatch(told);
  },
  120_000,
);
