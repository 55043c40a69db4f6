import { type Runtime, systemRuntime } from '@countersign/gateway';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execute, type Harness, refusal, startHarness, submit, vote } from '../gateway/harness.ts';

let failing = 0;
const runtime: Runtime = {
  ...systemRuntime,
  reached: (point) => {
    if (point === 'end.before' && failing-- > 0) throw new Error('Connection terminated');
  },
};
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ runtime });
});
afterAll(() => harness.close());

test('never 24: a call that a stop can not cancel, because the store fails, leaves no other one to run after the stop was lifted', async () => {
  const agent = await harness.agent();
  const dana = await harness.person('dana');
  const calls = [];
  for (const id of [1, 2]) {
    const call = await submit(agent, `update accounts set balance = 0 where id = ${id}`);
    await vote(dana, call);
    calls.push(call);
  }
  failing = 1;
  const stopped = await refusal(harness.operator.createStop({ scope: { kind: 'all' } }));
  expect(stopped).toBe('unavailable');
  const { stops } = await harness.operator.listStops();
  for (const { id } of stops) await harness.operator.liftStop(id);
  const [, second] = calls;
  if (second === undefined) throw new Error('no second call');
  expect(await execute(agent, second)).toMatchObject({
    outcome: 'not_executed',
    error: { code: 'stopped' },
  });
});
