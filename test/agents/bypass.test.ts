/** What the SDK lets an application, a model or a state from elsewhere do about approvals, and that it changes nothing. */
import { guardedTool, resumeWhenDecided } from '@countersign/agents';
import { approve, reject } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RunContext, RunState } from '@openai/agents';
import { functionCall } from '@openai/agents/testing';
import { agentOf, openShop, query, refund, runner, type Shop, say, toldTo } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

/** Nobody answers: the ask waits. */
const nobody = () => new Promise<never>(() => {});
const executed = async () => (await shop.gateway.calls()).filter((call) => call.executed).length;

describe('never 05: an approval that the SDK holds and the gateway does not', () => {
  test('executes nothing, cancels the call, and says that calling again asks again', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(nobody);
    const { agent, model } = agentOf(shop, [[query(refund(order), 'mine')], say('done')]);
    const paused = await runner.run(agent, 'go');
    for (const item of paused.state.getInterruptions()) paused.state.approve(item);
    await runner.run(agent, paused.state);
    expect(await shop.statusOf(order)).toBe('paid');
    expect(toldTo(model).get('mine')).toMatch(/^NOT EXECUTED \(not_decided\)\..*A new call may be made/);
    expect((await shop.gateway.calls()).find(({ call }) => call === 'mine')?.states).toEqual([
      'submitted',
      'waiting',
      'cancelled',
    ]);
  });

  test('is worth nothing when it is for ever: alwaysApprove skips the pause, and the call is refused', async () => {
    const [first, second] = [await shop.newOrder(), await shop.newOrder()];
    shop.approver.enqueue(nobody, nobody);
    const turns = [[query(refund(first), 'always-1')], [query(refund(second), 'always-2')], say('done')];
    const { agent, model } = agentOf(shop, turns);
    const paused = await runner.run(agent, 'go');
    for (const item of paused.state.getInterruptions()) paused.state.approve(item, { alwaysApprove: true });
    const result = await runner.run(agent, paused.state);
    expect(result.finalOutput).toBe('done');
    expect([await shop.statusOf(first), await shop.statusOf(second)]).toEqual(['paid', 'paid']);
    expect(toldTo(model).get('always-2')).toMatch(/^NOT EXECUTED \(not_decided\)\./);
  });

  test('is worth nothing in an edited state', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(nobody);
    const { agent, model } = agentOf(shop, [[query(refund(order), 'edited')], say('done')]);
    const paused = await runner.run(agent, 'go');
    paused.state.approve(paused.state.getInterruptions()[0] as never);
    const state = await RunState.fromString(agent, paused.state.toString());
    await runner.run(agent, state);
    expect(await shop.statusOf(order)).toBe('paid');
    expect(toldTo(model).get('edited')).toMatch(/^NOT EXECUTED \(not_decided\)\./);
  });
});

test('never 22: arguments that are edited in a state after the vote are a conflict, not a call', async () => {
  const [shown, other] = [await shop.newOrder(), await shop.newOrder()];
  shop.approver.enqueue(approve());
  const { agent, model } = agentOf(shop, [[query(refund(shown), 'swapped')], say('done')]);
  const paused = await runner.run(agent, 'go');
  await shop.gateway.applyVotes(paused.state);
  const edited = paused.state.toString().replaceAll(`where id = ${shown}`, `where id = ${other}`);
  await runner.run(agent, await RunState.fromString(agent, edited));
  expect([await shop.statusOf(shown), await shop.statusOf(other)]).toEqual(['paid', 'paid']);
  expect(toldTo(model).get('swapped')).toMatch(/^NOT EXECUTED \(call_conflict\)\./);
});

test('never 07: the same state resumed twice executes once, and both get the result', async () => {
  const [{ n: before } = {}] = await shop.query('select count(*)::int as n from notes');
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const sql = `update orders set status = status || '!' where id = ${order}`;
  const { agent, model } = agentOf(shop, [
    [query(sql, 'twice'), query("insert into notes (body) values ('x')")],
    say('a'),
    say('b'),
  ]);
  const paused = await runner.run(agent, 'go');
  const parked = paused.state.toString();
  await shop.gateway.applyVotes(paused.state);
  for (const _ of ['first', 'second']) {
    const state = await RunState.fromString(agent, parked);
    await shop.gateway.applyVotes(state);
    await runner.run(agent, state);
    expect(JSON.parse(toldTo(model).get('twice') ?? '')).toMatchObject({ affected: 1 });
  }
  expect(await shop.statusOf(order)).toBe('paid!');
  expect(await shop.query('select count(*)::int as n from notes')).toEqual([{ n: Number(before) + 1 }]);
});

test('never 18: two processes that resume the same state at once execute once', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const sql = `update orders set status = status || '+' where id = ${order}`;
  const { agent } = agentOf(shop, [[query(sql, 'race')]]);
  const parked = (await runner.run(agent, 'go')).state.toString();
  const told = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const own = agentOf(shop, [say(name)]);
      const state = await RunState.fromString(own.agent, parked);
      await shop.gateway.applyVotes(state);
      await runner.run(own.agent, state);
      return toldTo(own.model).get('race') ?? '';
    }),
  );
  expect(told.map((text) => JSON.parse(text) as unknown)).toEqual([
    expect.objectContaining({ affected: 1 }),
    expect.objectContaining({ affected: 1 }),
  ]);
  expect(await shop.statusOf(order)).toBe('paid+');
});

test('never 08: an approval survives serialising, and is found again by another process’s tools', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(approve());
  const first = agentOf(shop, [[query(refund(order), 'later')]]);
  const parked = (await runner.run(first.agent, 'go')).state.toString();
  const second = agentOf(shop, [say('Refunded.')]);
  const state = await RunState.fromString(second.agent, parked);
  await shop.gateway.applyVotes(state);
  expect((await runner.run(second.agent, state)).finalOutput).toBe('Refunded.');
  expect(await shop.statusOf(order)).toBe('refunded');
});

test('never 01: an approval serves its own call: the same call id in a newer run asks afresh', async () => {
  const [old, newer] = [await shop.newOrder(), await shop.newOrder()];
  shop.approver.enqueue(approve(), nobody);
  const first = agentOf(shop, [[query(refund(old), 'call_0')], say('done')]);
  await resumeWhenDecided(first.agent, await runner.run(first.agent, 'go'), { gateway: shop.gateway });
  const second = agentOf(shop, [[query(refund(newer), 'call_0')], say('done')]);
  const paused = await runner.run(second.agent, 'go');
  expect(shop.gateway.pending(paused)).toHaveLength(1);
  expect([await shop.statusOf(old), await shop.statusOf(newer)]).toEqual(['refunded', 'paid']);
});

describe('a tool that is invoked by hand', () => {
  const context = () => new RunContext({});

  test('executes what policy allows', async () => {
    const tool = guardedTool({ gateway: shop.gateway, sql: 'shop-db' });
    const told = await tool.invoke(context(), JSON.stringify({ sql: 'select 1 as one' }));
    expect(JSON.parse(told)).toMatchObject({ rows: [['1']] });
  });

  test('never 16: executes nothing that needs a person, and leaves nothing waiting', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(nobody);
    const tool = guardedTool({ gateway: shop.gateway, sql: 'shop-db' });
    const told = await tool.invoke(context(), JSON.stringify({ sql: refund(order) }));
    expect(told).toMatch(/^NOT EXECUTED \(not_decided\)\./);
    expect(await shop.statusOf(order)).toBe('paid');
    expect((await shop.gateway.calls()).at(-1)?.states).toEqual(['submitted', 'waiting', 'cancelled']);
  });
});

describe('arguments that are none', () => {
  test('never 11: text that is no JSON is never submitted, and the run goes on with a refusal', async () => {
    const { agent, model } = agentOf(shop, [
      [functionCall('shop_db_query', '{"sql": ', { callId: 'torn' })],
      say('sorry'),
    ]);
    const before = (await shop.gateway.calls()).length;
    const paused = await runner.run(agent, 'go');
    expect(shop.gateway.pending(paused)).toEqual([
      { callId: 'torn', tool: 'shop_db_query', agent: 'Support', connection: 'shop-db' },
    ]);
    const result = await resumeWhenDecided(agent, paused, { gateway: shop.gateway });
    expect(result.finalOutput).toBe('sorry');
    // The SDK puts words of its own in the place of ours, because ours could quote the arguments.
    expect(toldTo(model).get('torn')).toBe('Tool execution was not approved.');
    expect((await shop.gateway.calls()).length).toBe(before);
  });

  test.each([
    ['a number', { sql: 5 }],
    ['nothing', {}],
    ['an empty text', { sql: '' }],
    ['an object for a parameter', { sql: 'select $1', params: [{}] }],
    ['an endless purpose', { sql: 'select 1', purpose: 'x'.repeat(501) }],
  ])(
    '%s where the schema wants something else is never submitted and pauses nothing',
    async (_what, args) => {
      const { agent, model } = agentOf(shop, [
        [functionCall('shop_db_query', args, { callId: 'odd' })],
        say('sorry'),
      ]);
      const before = (await shop.gateway.calls()).length;
      const result = await runner.run(agent, 'go');
      expect(result.interruptions).toEqual([]);
      expect(toldTo(model).get('odd')).toMatch(/^NOT EXECUTED \(malformed\)\./);
      expect((await shop.gateway.calls()).length).toBe(before);
    },
  );

  test('half a surrogate pair is refused by the gateway, and the run goes on', async () => {
    const { agent, model } = agentOf(shop, [
      [functionCall('shop_db_query', '{"sql":"select \'\\ud800\'"}', { callId: 'half' })],
      say('sorry'),
    ]);
    const result = await runner.run(agent, 'go');
    expect(result.interruptions).toEqual([]);
    expect(toldTo(model).get('half')).toMatch(/^NOT EXECUTED \(malformed\)\./);
  });

  test('never 28: of a key written twice, what is shown and what runs are the same', async () => {
    const [first, last] = [await shop.newOrder(), await shop.newOrder()];
    shop.approver.enqueue(approve());
    const args = `{"sql":${JSON.stringify(refund(first))},"sql":${JSON.stringify(refund(last))}}`;
    const { agent } = agentOf(shop, [
      [functionCall('shop_db_query', args, { callId: 'double' })],
      say('done'),
    ]);
    await resumeWhenDecided(agent, await runner.run(agent, 'go'), { gateway: shop.gateway });
    const shown =
      shop.approver.requests
        .at(-1)
        ?.preview.input.map(({ text }) => text)
        .join() ?? '';
    expect(shown).toMatch(String(last));
    expect(shown).not.toMatch(String(first));
    expect([await shop.statusOf(first), await shop.statusOf(last)]).toEqual(['paid', 'refunded']);
  });
});

test('never 03: neither the model nor the agent’s token reaches a route that votes or sets policy', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(nobody);
  const { agent } = agentOf(shop, [[query(refund(order))]]);
  const [pending] = shop.gateway.pending(await runner.run(agent, 'go'));
  const approval = shop.approver.requests.at(-1);
  const id = pending?.call?.approval;
  if (approval === undefined || id === null || id === undefined) throw new Error('nothing waits');
  const { agent: asAgent } = shop.gateway;
  for (const attempt of [
    () => asAgent.vote(id, { vote: 'approve', digest: approval.digest }),
    () => asAgent.listApprovals(),
    () => asAgent.getApproval(id),
    () => asAgent.reloadPolicy(),
    () => asAgent.mintToken({ class: 'person', name: 'dana' }),
    () => asAgent.events(),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: 'wrong_actor' });
  expect(await shop.statusOf(order)).toBe('paid');
});

describe('a deadline', () => {
  const urgent = (body: string) => `insert into urgent values ('${body}')`;

  test('never 13: that passes without a vote is a refusal', async () => {
    shop.approver.enqueue(nobody);
    const { agent, model } = agentOf(shop, [[query(urgent('unvoted'), 'late-1')], say('sorry')]);
    const result = await resumeWhenDecided(agent, await runner.run(agent, 'go'), { gateway: shop.gateway });
    expect(result.finalOutput).toBe('sorry');
    expect(toldTo(model).get('late-1')).toMatch(/^NOT EXECUTED \(expired\)\..*A new call may be made/);
    expect(await shop.query('select * from urgent')).toEqual([]);
  });

  test('that passes between the vote and the start is a refusal', async () => {
    shop.approver.enqueue(approve());
    const { agent, model } = agentOf(shop, [[query(urgent('unstarted'), 'late-2')], say('sorry')]);
    const paused = await runner.run(agent, 'go');
    await shop.gateway.applyVotes(paused.state);
    await new Promise((resolve) => {
      setTimeout(resolve, 1100);
    });
    await runner.run(agent, paused.state);
    expect(toldTo(model).get('late-2')).toMatch(/^NOT EXECUTED \(expired\)\./);
    expect(await shop.query('select * from urgent')).toEqual([]);
  });

  test('of the caller’s own leaves the rest waiting, and an abort throws', async () => {
    const order = await shop.newOrder();
    shop.approver.enqueue(nobody);
    const { agent } = agentOf(shop, [[query(refund(order), 'patience')]]);
    const { state } = await runner.run(agent, 'go');
    const left = await shop.gateway.applyVotes(state, { timeoutMs: 50 });
    expect(left.map(({ callId }) => callId)).toEqual(['patience']);
    const reason = new Error('enough');
    await expect(shop.gateway.applyVotes(state, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

test('a rejection holds when the application approves afterwards', async () => {
  const order = await shop.newOrder();
  shop.approver.enqueue(reject('no'));
  const { agent, model } = agentOf(shop, [[query(refund(order), 'overruled')], say('done')]);
  const paused = await runner.run(agent, 'go');
  await shop.gateway.applyVotes(paused.state);
  const before = await executed();
  for (const item of paused.state.getInterruptions()) paused.state.approve(item);
  await runner.run(agent, paused.state);
  expect(await executed()).toBe(before);
  expect(await shop.statusOf(order)).toBe('paid');
  expect(toldTo(model).get('overruled')).toMatch(/^NOT EXECUTED \(rejected\)\./);
});
