/**
 * A process is killed at every moment between two durable steps, and a second gateway of the same PostgreSQL store takes
 * over. Whatever the moment: the target shows at most one change, a call ends in an outcome that is true of the target,
 * and asking again changes nothing. Beside it, crash-schedule-embedded.test.ts does the same to the embedded store.
 */
import { crashPoints } from '@countersign/gateway';
import { expect, test } from '@jest/globals';
import { postgresStage } from './crash-schedule-gateways.ts';
import { recoveryRoad, roads } from './crash-schedule-roads.ts';
import { casesOf, onStage } from './crash-schedule-stages.ts';

const take = onStage(async (target, server) => postgresStage(target, (await server.createDatabase()).url));

test.each(casesOf(roads))(
  'never 07, 29, 49, 50: killed at $point, $title',
  async ({ point, road }) => take(road, point),
  60_000,
);

test('the schedule names every moment there is', () => {
  const named = [...roads, recoveryRoad].flatMap(({ points }) => points);
  expect(named.sort()).toEqual([...crashPoints].sort());
});
