import type { Client } from '@countersign/client';
import { newId, type ParkedRunId } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type Harness, refusal, startHarness, stores } from '../gateway/harness.ts';

describe.each(stores)('with runs kept in %s', (on) => {
  let harness: Harness;
  let agent: Client;
  beforeAll(async () => {
    harness = await startHarness({ on });
    agent = await harness.agent('parker');
  });
  afterAll(() => harness.close());

  const stateOf = (text: string): string => Buffer.from(text).toString('base64');

  const parked = async (run: string) => {
    const request = {
      id: newId('park'),
      run,
      schema_version: '1.22',
      fingerprint: 'f'.repeat(64),
      state: stateOf('as it was first'),
    };
    await agent.parkRun(request);
    return request;
  };

  const lapse = (id: ParkedRunId) =>
    sql`update parked_runs set leased_until = clock_timestamp() where id = ${id}`.execute(
      harness.gateway.engine.store.db,
    );

  test('never 08, 50: who slept past its lease does not erase what another parked since', async () => {
    const request = await parked('slept');
    const [first, second] = [newId('lease'), newId('lease')];
    await agent.unparkRun(request.id, { lease: first });
    await lapse(request.id);
    await agent.unparkRun(request.id, { lease: second });
    const later = { ...request, state: stateOf('as the second left it') };
    await agent.parkRun({ ...later, lease: second });

    const late = agent.finishRun(request.id, { lease: first });
    await expect(late).rejects.toMatchObject({
      code: 'lease_lost',
      message: expect.stringContaining('another process took the run'),
    });
    expect((await agent.unparkRun(request.id, { lease: newId('lease') })).state).toBe(later.state);
  });

  test('a lease that lapsed still finishes the run that nobody took since', async () => {
    const request = await parked('late');
    const lease = newId('lease');
    await agent.unparkRun(request.id, { lease });
    await lapse(request.id);
    await agent.finishRun(request.id, { lease });
    expect(await refusal(agent.unparkRun(request.id, { lease: newId('lease') }))).toBe('not_found');
  });

  test('who slept past its lease does not erase a run whose next lease lapsed, too', async () => {
    const request = await parked('slept-twice');
    const [first, second] = [newId('lease'), newId('lease')];
    await agent.unparkRun(request.id, { lease: first });
    await lapse(request.id);
    await agent.unparkRun(request.id, { lease: second });
    await lapse(request.id);
    expect(await refusal(agent.finishRun(request.id, { lease: first }))).toBe('lease_lost');
    // Nobody has it: without a lease it can be dropped.
    expect(await refusal(agent.finishRun(request.id, {}))).toBe('none');
  });
});
