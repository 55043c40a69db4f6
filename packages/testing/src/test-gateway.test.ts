import { guardedTool } from '@countersign/agents';
import { createClient } from '@countersign/client';
import type { CallId } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Agent, Runner } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { Client } from 'pg';
import {
  type Answer,
  approve,
  NoEligiblePeopleError,
  reject,
  type ScriptedApprover,
  scriptedApprover,
  type TestGateway,
  testGateway,
  UnconsumedApprovalStepsError,
  UnexpectedApprovalError,
} from './index.ts';

const config = new URL('../../../test/agents/countersign.yaml', import.meta.url);

async function start(approver: ScriptedApprover, owner?: { owner: string; onBehalfOf: string }) {
  return await testGateway({
    config,
    agent: { name: 'support', groups: ['agents'], ...owner },
    databases: { 'shop-db': { seed: 'shop.sql' } },
    approver,
  });
}

let counter = 0;
const call = (sql: string) => ({
  connection: 'shop-db',
  input: { sql },
  run: `run-${counter}`,
  tool: 't',
  call: `c${counter++}`,
});

describe('a gateway for a test', () => {
  const approver = scriptedApprover();
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start(approver);
  });
  afterAll(async () => {
    await gateway.close();
  });

  test('runs calls against the seeded database, and shows them by its ledger', async () => {
    const view = await gateway.agent.submitCall(call('select name from customers order by id'));
    const done = await gateway.agent.executeCall(view.id, { input_digest: view.input_digest });
    expect(done.result).toEqual({ columns: ['name'], rows: [['Ada'], ['Ben']], truncated: false });
    expect(await gateway.calls()).toEqual([
      expect.objectContaining({
        id: view.id,
        connection: 'shop-db',
        tool: 't',
        states: ['allowed', 'claimed', 'succeeded'],
        executed: true,
      }),
    ]);
  });

  test('approves by as many people as the ask needs, each of its own group, with a reason where one is wanted', async () => {
    approver.enqueue(approve());
    const { id } = await gateway.agent.submitCall(call('insert into refunds values (1042)'));
    expect((await gateway.agent.getCall(id, { wait: 10 })).state).toBe('approved');
    const votes = (await gateway.events()).filter(({ type, call: of }) => type === 'vote.cast' && of === id);
    expect(votes).toHaveLength(3);
    expect(new Set(votes.map(({ data }) => data['person']))).toEqual(new Set(['dana', 'kim', 'sam']));
  });

  test('rejects with a reason, and nothing is executed', async () => {
    approver.enqueue(reject('not today'));
    const { id } = await gateway.agent.submitCall(call("update orders set status = 'refunded'"));
    const view = await gateway.agent.getCall(id, { wait: 10 });
    expect([view.state, view.reason]).toEqual(['rejected', expect.stringMatching('not today')]);
    expect((await gateway.calls()).find((recorded) => recorded.id === id)?.executed).toBe(false);
  });

  test('lets a function look at the card before it answers', async () => {
    approver.enqueue(({ preview }) =>
      preview.words.join().includes('orders') ? reject('hands off orders') : approve(),
    );
    const { id } = await gateway.agent.submitCall(call('delete from orders where id = 1'));
    expect((await gateway.agent.getCall(id, { wait: 10 })).reason).toMatch('hands off orders');
  });

  test('leaves an ask waiting while the approver thinks', async () => {
    approver.enqueue(() => new Promise(() => {}));
    const { id } = await gateway.agent.submitCall(call('delete from orders where id = 2'));
    expect((await gateway.agent.getCall(id)).state).toBe('waiting');
  });

  test('answers asks that an application’s own client raises', async () => {
    approver.enqueue(approve());
    const own = createClient({ url: gateway.url, token: gateway.agentToken });
    const { id } = await own.submitCall(call('delete from orders where id = 3'));
    expect((await own.getCall(id, { wait: 10 })).state).toBe('approved');
  });

  test('keeps what the approver was asked', () => {
    approver.assertComplete();
    expect(approver.requests.map(({ preview }) => preview.connection)).toEqual(Array(5).fill('shop-db'));
  });
});

/** A run that waits for one delete, by an agent of the SDK. */
async function waitingRun(gateway: TestGateway) {
  const sql = 'delete from orders';
  const agent = new Agent({
    name: 'Support',
    model: new ScriptedModel([
      [functionCall('shop_db_query', { sql, params: null, purpose: null }, { callId: 'c1' })],
      [assistantMessage('done')],
    ]),
    tools: [guardedTool({ gateway, sql: 'shop-db' })],
  });
  return await new Runner({ tracingDisabled: true }).run(agent, 'go');
}

test('an ask that nobody scripted is rejected, and fails the wait and assertComplete', async () => {
  const approver = scriptedApprover();
  await using gateway = await start(approver);
  const result = await waitingRun(gateway);
  await expect(gateway.applyVotes(result.state)).rejects.toThrow(UnexpectedApprovalError);
  expect(() => approver.assertComplete()).toThrow(
    expect.objectContaining({
      name: 'UnexpectedApprovalError',
      requestIndex: 0,
      message: expect.stringMatching(/^ask 0 has no step in the script: shop-db/),
    }),
  );
  const [pending] = gateway.pending(result);
  const { state } = await gateway.agent.getCall(pending?.call?.id as CallId, { wait: 10 });
  expect(state).toBe('rejected');
});

test('steps that are left over are told', () => {
  const approver = scriptedApprover([approve(), approve()]);
  expect(approver.remainingSteps).toBe(2);
  expect(() => approver.assertComplete()).toThrow(UnconsumedApprovalStepsError);
  expect(() => approver.assertComplete()).toThrow('2 steps of the script were not used');
});

test('an ask that too few people may vote on fails the wait; close ends it all', async () => {
  const gateway = await start(scriptedApprover([approve()]), { owner: 'sam', onBehalfOf: 'dana' });
  const result = await waitingRun(gateway);
  await expect(gateway.applyVotes(result.state)).rejects.toThrow(NoEligiblePeopleError);
  await gateway.close();
  expect(await gateway.agent.isAlive()).toBe(false);
  const url = gateway.databases.get('shop-db')?.url ?? '';
  await expect(new Client({ connectionString: url }).connect()).rejects.toMatchObject({ code: '3D000' });
});

test('an answer that comes when the ask has ended already is no failure of the wait', async () => {
  const answered = Promise.withResolvers<Answer>();
  const approver = scriptedApprover([() => answered.promise, reject('no')]);
  await using gateway = await start(approver);
  const late = await waitingRun(gateway);
  const [pending] = gateway.pending(late);
  await gateway.agent.cancelCall(pending?.call?.id as CallId);
  answered.resolve(approve());
  const next = await waitingRun(gateway);
  expect(await gateway.applyVotes(late.state)).toEqual([]);
  expect(await gateway.applyVotes(next.state)).toEqual([]);
  approver.assertComplete();
});

test('a connection that is not in the file is an error', async () => {
  await expect(
    testGateway({ config, agent: { name: 'support', groups: [] }, databases: { 'shop-dbx': {} } }),
  ).rejects.toThrow('has no connection shop-dbx');
});
