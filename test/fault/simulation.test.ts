/**
 * Random interleavings of submit, vote, execute, cancel, stop, lift, reload, expire and crash, on two gateways of one
 * store. No execution without a valid, unconsumed decision; at most one dispatch; intent before dispatch; stop and
 * rejection beat approval; expired never runs; every dispatch ends.
 */
import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWorld, simulate } from './simulation.ts';

let world: PGlite;
const told = new Map<string, number>();
beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(() => world.close());

const seeds = Array.from({ length: 16 }, (_, index) => 1000 + index);

test.each(seeds)(
  'seed %d keeps every invariant of the machine',
  async (seed) => {
    const simulated = await simulate(world, seed);
    expect(simulated.violations).toEqual([]);
    for (const [type, times] of simulated.told) told.set(type, (told.get(type) ?? 0) + times);
  },
  60_000,
);

test('the simulations above did reach every move of the machine', () => {
  const moves = [
    'waiting',
    'allowed',
    'denied',
    'approved',
    'rejected',
    'expired',
    'cancelled',
    'claimed',
    'succeeded',
    'failed',
  ];
  expect(moves.filter((move) => !told.has(`call.${move}`))).toEqual([]);
});
