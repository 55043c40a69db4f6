import { guardedTool, resumeWhenDecided } from '@countersign/agents';
import { approve, reject } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Agent, handoff, MemorySession, toolNamespace } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { agentOf, openShop, query, refund, runner, type Shop, say, toldTo } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

describe('one call', () => {
  test('that is allowed runs without a pause, and its result comes back masked, as a string', async () => {
    const sql = 'select id, name, ssn as nothing_special, email from customers order by id limit 1';
    const { agent, model } = agentOf(shop, [[query(sql, 'read-1')], say('done')]);
    const result = await runner.run(agent, 'Who is the first customer?');
    expect(result.interruptions).toEqual([]);
    const told = JSON.parse(toldTo(model).get('read-1') ?? '') as {
      columns: string[];
      rows: string[][];
      truncated: boolean;
    };
    expect(told.columns).toEqual(['id', 'name', 'nothing_special', 'email']);
    expect(told.rows[0]?.slice(0, 2)).toEqual(['1', 'Ada']);
    expect(told.truncated).toBe(false);
    expect(JSON.stringify(told)).not.toMatch(/078-05-1120|ada@example\.com/);
  });

  test('that needs a person pauses the run, and runs once when it is approved', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(approve());
    const { agent, model } = agentOf(shop, [[query(refund(order), 'ask-1')], say('Refunded.')]);
    let result = await runner.run(agent, 'Refund it');
    expect(shop.gateway.pending(result)).toEqual([
      {
        callId: 'ask-1',
        tool: 'shop_db_query',
        agent: 'Support',
        connection: 'shop-db',
        call: expect.objectContaining({ state: 'waiting', decision: 'ask' }),
      },
    ]);
    expect(await shop.statusOf(order)).toBe('paid');
    while (shop.gateway.pending(result).length > 0) {
      expect(await shop.gateway.applyVotes(result.state)).toEqual([]);
      result = await runner.run(agent, result.state);
    }
    expect(result.finalOutput).toBe('Refunded.');
    expect(await shop.statusOf(order)).toBe('refunded');
    expect(JSON.parse(toldTo(model).get('ask-1') ?? '')).toEqual({
      columns: [],
      rows: [],
      truncated: false,
      affected: 1,
    });
  });

  test('never 02: that is rejected does not run, and the model reads why and that nothing was done', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(reject('this customer was refunded yesterday'));
    const { agent, model } = agentOf(shop, [[query(refund(order), 'no-1')], say('I could not.')]);
    const result = await resumeWhenDecided(agent, await runner.run(agent, 'Refund it'), {
      gateway: shop.gateway,
    });
    expect(result.finalOutput).toBe('I could not.');
    expect(await shop.statusOf(order)).toBe('paid');
    const told = toldTo(model).get('no-1');
    expect(told).toMatch(/^NOT EXECUTED \(rejected\)\./);
    expect(told).toMatch('They say: this customer was refunded yesterday');
    expect(told).toMatch('Do not tell the user that it was done.');
  });

  test('that policy denies never pauses the run, and the model reads the policy’s words', async () => {
    const { agent, model } = agentOf(shop, [[query('drop table orders', 'drop-1')], say('Not possible.')]);
    const result = await runner.run(agent, 'Drop it');
    expect(result.interruptions).toEqual([]);
    const told = toldTo(model).get('drop-1');
    expect(told).toMatch(/^NOT EXECUTED \(denied_by_rule\)\./);
    expect(told).toMatch('Schema changes go through migrations.');
    expect(told).not.toMatch('schema is not for agents');
    expect(await shop.query("select to_regclass('orders')::text as it")).toEqual([{ it: 'orders' }]);
  });

  test('never 06: that was rejected is not asked again: repeating it pages nobody', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(reject('no'));
    const asked = shop.approver.requests.length;
    const again = [query(refund(order), 'loop-2')];
    const { agent, model } = agentOf(shop, [[query(refund(order), 'loop-1')], again, say('All right.')]);
    const result = await resumeWhenDecided(agent, await runner.run(agent, 'Refund it'), {
      gateway: shop.gateway,
    });
    expect(result.finalOutput).toBe('All right.');
    expect(shop.approver.requests.length).toBe(asked + 1);
    expect(toldTo(model).get('loop-2')).toMatch(/^NOT EXECUTED \(rejected_recently\)\./);
    expect(await shop.statusOf(order)).toBe('paid');
  });
});

test('never 10: of parallel calls the harmless ones run, and one approval covers one call', async () => {
  const [first, second] = [await shop.newOrder(), await shop.newOrder()];
  const turn = [query('select 1 as one', 'p-1'), query(refund(first), 'p-2'), query(refund(second), 'p-3')];
  shop.approver.enqueue(
    ({ preview }) =>
      preview.input.some(({ text }) => text.includes(String(first))) ? approve() : reject('only one'),
    ({ preview }) =>
      preview.input.some(({ text }) => text.includes(String(first))) ? approve() : reject('only one'),
  );
  const { agent, model } = agentOf(shop, [turn, say('done')]);
  const paused = await runner.run(agent, 'go');
  expect(shop.gateway.pending(paused).map(({ callId }) => callId)).toEqual(['p-2', 'p-3']);
  await resumeWhenDecided(agent, paused, { gateway: shop.gateway });
  expect([await shop.statusOf(first), await shop.statusOf(second)]).toEqual(['refunded', 'paid']);
  const told = toldTo(model);
  expect(JSON.parse(told.get('p-1') ?? '')).toMatchObject({ rows: [['1']] });
  expect(told.get('p-3')).toMatch('only one');
});

test('a streamed run pauses and goes on as a stream', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const { agent } = agentOf(shop, [[query(refund(order))], say('Refunded.')]);
  const paused = await runner.run(agent, 'go', { stream: true });
  await paused.completed;
  expect(shop.gateway.pending(paused)).toHaveLength(1);
  const result = await resumeWhenDecided(agent, paused, {
    gateway: shop.gateway,
    resume: (state) => runner.run(agent, state, { stream: true }),
  });
  expect(result.finalOutput).toBe('Refunded.');
  expect(await shop.statusOf(order)).toBe('refunded');
});

describe('several agents', () => {
  test('never 09: a nested agent’s call pauses the outer run, under the nested agent’s own name', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(approve());
    const clerk = agentOf(shop, [[query(refund(order), 'same-id')], say('It is done.')], {
      name: 'Clerk',
    }).agent;
    const { agent } = agentOf(
      shop,
      [[functionCall('ask_clerk', { input: 'refund' }, { callId: 'same-id' })], say('ok')],
      {
        tools: [clerk.asTool({ toolName: 'ask_clerk', toolDescription: 'Asks the clerk.' })],
      },
    );
    const paused = await runner.run(agent, 'go');
    expect(shop.gateway.pending(paused).map(({ agent: name, tool }) => [name, tool])).toEqual([
      ['Clerk', 'shop_db_query'],
    ]);
    const result = await resumeWhenDecided(agent, paused, { gateway: shop.gateway });
    expect(result.finalOutput).toBe('ok');
    expect(await shop.statusOf(order)).toBe('refunded');
  });

  test('a call beside a handoff waits first, and the other agent’s calls are judged as well', async () => {
    const [first, second] = [await shop.newOrder(), await shop.newOrder()];
    shop.approver.enqueue(approve(), reject('not yours'));
    const other = agentOf(shop, [[query(refund(second))], say('from the other')], { name: 'Other' }).agent;
    const { agent } = agentOf(
      shop,
      [[query(refund(first)), functionCall('transfer_to_Other', {}, { callId: 'h-1' })]],
      { handoffs: [handoff(other)] },
    );
    const result = await resumeWhenDecided(agent, await runner.run(agent, 'go'), { gateway: shop.gateway });
    expect(result.finalOutput).toBe('from the other');
    expect([await shop.statusOf(first), await shop.statusOf(second)]).toEqual(['refunded', 'paid']);
  });

  test('tools in a namespace stay guarded, and each leads to its own connection', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(approve());
    const tools = toolNamespace({
      name: 'shop',
      description: 'The shop.',
      tools: [guardedTool({ gateway: shop.gateway, sql: 'shop-db' })],
    });
    const { agent } = agentOf(shop, [[query(refund(order), 'ns-1', { namespace: 'shop' })], say('done')], {
      tools,
    });
    const paused = await runner.run(agent, 'go');
    expect(shop.gateway.pending(paused).map(({ connection }) => connection)).toEqual(['shop-db']);
    await resumeWhenDecided(agent, paused, { gateway: shop.gateway });
    expect(await shop.statusOf(order)).toBe('refunded');
  });
});

test('a session holds each call and its result once', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const session = new MemorySession();
  const { agent } = agentOf(shop, [[query(refund(order))], say('Refunded.')]);
  await resumeWhenDecided(agent, await runner.run(agent, 'go', { session }), {
    gateway: shop.gateway,
    resume: (state) => runner.run(agent, state, { session }),
  });
  expect((await session.getItems()).map(({ type }) => type ?? 'message')).toEqual([
    'message',
    'function_call',
    'function_call_result',
    'message',
  ]);
});

test('other tools’ interruptions are the application’s own', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const { tool } = await import('@openai/agents');
  const { z } = await import('zod');
  const ran: string[] = [];
  const own = tool({
    name: 'own_tool',
    description: 'x',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => {
      ran.push('own');
      return 'ok';
    },
  });
  const model = new ScriptedModel([
    [query(refund(order)), functionCall('own_tool', {}, { callId: 'own-1' })],
    [assistantMessage('done')],
  ]);
  const agent = new Agent({
    name: 'Mixed',
    model,
    tools: [guardedTool({ gateway: shop.gateway, sql: 'shop-db' }), own],
  });
  const paused = await runner.run(agent, 'go');
  expect(paused.interruptions).toHaveLength(2);
  expect(shop.gateway.pending(paused)).toHaveLength(1);
  const still = await resumeWhenDecided(agent, paused, { gateway: shop.gateway });
  expect(still.interruptions.map(({ name }) => name)).toEqual(['own_tool']);
  expect(ran).toEqual([]);
  expect(await shop.statusOf(order)).toBe('refunded');
});
