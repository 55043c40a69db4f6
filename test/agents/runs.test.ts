/** Which run a call belongs to, through everything that the SDK does with a run's context. */
import { createRequire } from 'node:module';
import { gatewayClient, guardedTool, resumeWhenDecided } from '@countersign/agents';
import { approve } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Agent, RunContext, RunState, toolNamespace } from '@openai/agents';
import { functionCall, type ScriptedModelInput } from '@openai/agents/testing';
import { agentOf, openShop, query, refund, runner, type Shop, say, toldTo } from './shop.ts';

/** What is said to the developer; nothing of it is wanted among the test's own words. */
const warn = jest.spyOn(console, 'warn').mockReturnValue();

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  warn.mockRestore();
  await shop[Symbol.asyncDispose]();
});

const nobody = () => new Promise<never>(() => {});
const runOf = async (callId: string) =>
  (await shop.gateway.calls()).filter(({ call }) => call === callId).map(({ run }) => run);

test('all calls of a run, its nested agents and its resumptions stand under one run', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const clerk = agentOf(shop, [[query(refund(order), 'in-clerk')], say('ok')], { name: 'Clerk' }).agent;
  const turns = [
    [
      query('select 1', 'in-1'),
      {
        type: 'function_call',
        name: 'ask_clerk',
        callId: 'n',
        arguments: '{"input":"x"}',
        status: 'completed',
      } as const,
    ],
    [query('select 2', 'in-2')],
    say('done'),
  ];
  const { agent } = agentOf(shop, turns, {
    tools: [
      guardedTool({ gateway: shop.gateway, sql: 'shop-db' }),
      clerk.asTool({ toolName: 'ask_clerk', toolDescription: 'x' }),
    ],
  });
  await resumeWhenDecided(agent, await runner.run(agent, 'go'), { gateway: shop.gateway });
  const [[run], nested, later] = await Promise.all([runOf('in-1'), runOf('in-clerk'), runOf('in-2')]);
  expect(nested).toEqual([run]);
  expect(later).toEqual([run]);
});

test('never 08: an approval of one run is not carried into another by a shared context object', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve(), nobody);
  const context = { user: 'ada' };
  const first = agentOf(shop, [[query(refund(order), 'call_7')], say('done')]);
  await resumeWhenDecided(first.agent, await runner.run(first.agent, 'go', { context }), {
    gateway: shop.gateway,
  });
  const again = `${refund(order)} and status = 'paid'`;
  const second = agentOf(shop, [[query(again, 'call_7')], say('done')]);
  const paused = await runner.run(second.agent, 'go', { context });
  expect(shop.gateway.pending(paused)).toHaveLength(1);
  expect(new Set(await runOf('call_7')).size).toBe(2);
});

test('never 08: a RunContext that is reused for another run is one run: the same call id with another input is a conflict', async () => {
  const [first, second] = [await shop.newOrder(), await shop.newOrder()];
  shop.approver.enqueue(approve());
  const context = new RunContext({});
  const one = agentOf(shop, [[query(refund(first), 'reused')], say('done')]);
  await resumeWhenDecided(one.agent, await runner.run(one.agent, 'go', { context }), {
    gateway: shop.gateway,
  });
  const two = agentOf(shop, [[query(refund(second), 'reused')], say('done')]);
  const result = await runner.run(two.agent, 'go', { context });
  expect(result.interruptions).toEqual([]);
  expect(toldTo(two.model).get('reused')).toMatch(/^NOT EXECUTED \(call_conflict\)\./);
  expect([await shop.statusOf(first), await shop.statusOf(second)]).toEqual(['refunded', 'paid']);
});

describe('a context that cannot be written into', () => {
  class Session {
    readonly user = 'ada';
  }

  test.each([
    ['a class instance', () => new Session()],
    ['a frozen object', () => Object.freeze({ user: 'ada' })],
  ])('%s works in memory', async (_what, context) => {
    const order = await shop.newOrder();
    shop.approver.enqueue(approve());
    const { agent } = agentOf(shop, [[query(refund(order))], say('done')]);
    const paused = await runner.run(agent, 'go', { context: context() });
    await resumeWhenDecided(agent, paused, { gateway: shop.gateway });
    expect(await shop.statusOf(order)).toBe('refunded');
  });

  test('and was serialised asks afresh: nothing runs on the old approval', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(approve(), nobody);
    const { agent } = agentOf(shop, [[query(refund(order), 'frozen')], say('done')]);
    const paused = await runner.run(agent, 'go', { context: Object.freeze({ user: 'ada' }) });
    await shop.gateway.applyVotes(paused.state);
    const state = await RunState.fromString(agent, paused.state.toString());
    await runner.run(agent, state);
    expect(await shop.statusOf(order)).toBe('paid');
  });
});

test('an application names its runs itself, and a name that cannot be is a refusal', async () => {
  const { url, agentToken: token } = shop.gateway;
  const named = (runId: (context: { readonly context: unknown }) => string) =>
    gatewayClient({ url, token, runId });
  const good = named(({ context }) => (context as { ticket: string }).ticket);
  const { agent } = agentOf({ gateway: good }, [[query('select 1', 'ticket')], say('done')]);
  await runner.run(agent, 'go', { context: { ticket: 'T-77' } });
  expect(await runOf('ticket')).toEqual(['T-77']);
  const bad = named(() => 'two words');
  const other = agentOf({ gateway: bad }, [[query('select 1', 'odd')], say('done')]);
  await runner.run(other.agent, 'go');
  expect(toldTo(other.model).get('odd')).toMatch(/^NOT EXECUTED \(config_invalid\)\./);
});

test('a token function is asked with the run’s context: one process acts for many people', async () => {
  const { token } = await shop.gateway.operator.mintToken({
    class: 'agent',
    name: 'support',
    groups: ['agents'],
    owner: 'olivia',
    on_behalf_of: 'kim',
  });
  const tokens = new Map([['kim', token]]);
  const gateway = gatewayClient<{ readonly user: string }>({
    url: shop.gateway.url,
    token: async ({ context }) => tokens.get(context.user) ?? 'none',
  });
  const mine = agentOf({ gateway }, [[query('select 1', 'for-kim')], say('done')]);
  await runner.run(mine.agent, 'go', { context: { user: 'kim' } });
  expect(toldTo(mine.model).get('for-kim')).toMatch('"rows"');
  const [event] = (await shop.gateway.events()).filter(({ data }) => data['sdkCall'] === 'for-kim');
  expect(event?.data['onBehalfOf']).toBe('kim');
  const nobodys = agentOf({ gateway }, [[query('select 1', 'for-none')], say('done')]);
  await runner.run(nobodys.agent, 'go', { context: { user: 'eve' } });
  expect(toldTo(nobodys.model).get('for-none')).toMatch(/^NOT EXECUTED \(unauthenticated\)\./);
});

test('a run of the SDK’s CommonJS build is guarded like any other', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const sdk = createRequire(import.meta.url)('@openai/agents') as typeof import('@openai/agents');
  const { model } = agentOf(shop, [[query(refund(order), 'cjs')], [query('select 1', 'cjs-2')], say('done')]);
  const agent: Agent = new sdk.Agent({
    name: 'Old',
    model,
    tools: [guardedTool({ gateway: shop.gateway, sql: 'shop-db' })],
  });
  expect(sdk.RunState).not.toBe(RunState);
  const cjs = new sdk.Runner({ tracingDisabled: true });
  const paused = await cjs.run(agent, 'go');
  const result = await resumeWhenDecided(agent, paused, {
    gateway: shop.gateway,
    resume: (state) => cjs.run(agent, state),
  });
  expect(result.finalOutput).toBe('done');
  expect(await shop.statusOf(order)).toBe('refunded');
});

test('never 08: a nested agent’s call in a namespace is found again in a state that was written down', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const build = (outer: ScriptedModelInput[], inner: ScriptedModelInput[]) => {
    const tools = toolNamespace({
      name: 'shop',
      description: 'The shop.',
      tools: [guardedTool({ gateway: shop.gateway, sql: 'shop-db' })],
    });
    const clerk = agentOf(shop, inner, { name: 'Clerk', tools }).agent;
    const asTool = clerk.asTool({ toolName: 'ask_clerk', toolDescription: 'Asks the clerk.' });
    return agentOf(shop, outer, { tools: [asTool] }).agent;
  };
  const asked = [functionCall('ask_clerk', { input: 'refund' }, { callId: 'outer' })];
  const first = build([asked], [[query(refund(order), 'inner', { namespace: 'shop' })]]);
  const parked = (await runner.run(first, 'go')).state.toString();
  const second = build([say('done')], [say('ok')]);
  const state = await RunState.fromString(second, parked);
  await shop.gateway.applyVotes(state);
  expect((await runner.run(second, state)).finalOutput).toBe('done');
  expect(await shop.statusOf(order)).toBe('refunded');
});

test('a run that does not take a decision is an error, not an endless loop', async () => {
  shop.approver.enqueue(approve());
  const { agent } = agentOf(shop, [[query(refund(await shop.newOrder()))]]);
  const paused = await runner.run(agent, 'go');
  await expect(
    resumeWhenDecided(agent, paused, { gateway: shop.gateway, resume: () => Promise.resolve(paused) }),
  ).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringMatching('still waits for a call that was decided'),
  });
});
