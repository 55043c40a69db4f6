/**
 * As crash-schedule.test.ts, on the embedded store: the process that takes over finds the folder as the dead one left
 * it. A start of that store takes seconds, so that only the road of a write is taken here, at the moments at which
 * something is durable that was not before, and recovery itself. All roads, at every moment, by
 * `COUNTERSIGN_CRASH_SCHEDULE=all pnpm test test/fault/crash-schedule`.
 */
import type { CrashPoint } from '@countersign/gateway';
import { test } from '@jest/globals';
import { embeddedStage } from './crash-schedule-gateways.ts';
import { recoveryRoad, roads, writeRoad } from './crash-schedule-roads.ts';
import { all, casesOf, onStage } from './crash-schedule-stages.ts';

const take = onStage((target) => embeddedStage(target));

const durable: readonly CrashPoint[] = [
  'submit.after',
  'vote.after',
  'claim.after',
  'started.after',
  'commit.after',
  'settle.after',
];

test.each(casesOf(all ? roads : [{ ...writeRoad, points: durable }]))(
  'never 07, 49, 50: killed at $point, $title',
  async ({ point, road }) => take(road, point),
  60_000,
);

test.each(['started.after', 'commit.after'] as const)(
  `never 49, 50: killed at %s, and the next one while it recovers, ${recoveryRoad.title}`,
  async (first) => take(recoveryRoad, first, ...recoveryRoad.points),
  60_000,
);
