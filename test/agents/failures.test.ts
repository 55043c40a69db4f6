/** The network, the gateway or the token fails: the run never dies of it, nothing unapproved runs, nothing runs twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayClient, guardedTool, resumeWhenDecided } from '@countersign/agents';
import { type Answer, approve } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  addTraceProcessor,
  RunContext,
  Runner,
  type Span,
  setTraceProcessors,
  setTracingDisabled,
  type Trace,
  withTrace,
} from '@openai/agents';
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

type Fault = 'before' | 'after';

/** The real network with holes in it: `fault` says where the next request that matches is lost. */
function holes() {
  let faults: { readonly path: RegExp; readonly at: Fault; left: number }[] = [];
  const seen: string[] = [];
  const faulty: typeof fetch = async (input, init) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname;
    seen.push(path);
    const hit = faults.find((fault) => fault.left > 0 && fault.path.test(path));
    if (hit !== undefined) hit.left--;
    if (hit?.at === 'before')
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    const response = await fetch(input, init);
    if (hit?.at !== 'after') return response;
    await response.arrayBuffer();
    throw new TypeError('terminated');
  };
  return {
    fetch: faulty,
    seen,
    lose: (path: RegExp, at: Fault, times = 1) => faults.push({ path, at, left: times }),
    mend: () => {
      faults = [];
    },
  };
}

const network = holes();
afterEach(() => network.mend());

const through = () => {
  const { url, agentToken } = shop.gateway;
  return gatewayClient({ url, token: agentToken, fetch: network.fetch });
};

describe('never 14: a gateway that cannot be reached', () => {
  const nowhere = () => gatewayClient({ url: 'http://127.0.0.1:9', token: 'cs_agent_x' });

  test('is an answer in words: no pause, no exception, nothing executed', async () => {
    const order = await shop.newOrder();
    const { agent, model } = agentOf({ gateway: nowhere() }, [[query(refund(order), 'x-1')], say('sorry')]);
    const result = await runner.run(agent, 'go');
    expect(result.interruptions).toEqual([]);
    expect(result.finalOutput).toBe('sorry');
    expect(toldTo(model).get('x-1')).toMatch(/^NOT EXECUTED \(unreachable\)\..*may be tried again later/);
    expect(await shop.statusOf(order)).toBe('paid');
  });

  test('while the run asks whether to pause, and is back when it executes: the call is cancelled, nothing runs', async () => {
    const order = await shop.newOrder();
    network.lose(/\/v1\/calls$/, 'before');
    const { agent, model } = agentOf({ gateway: through() }, [[query(refund(order), 'x-2')], say('sorry')]);
    const result = await runner.run(agent, 'go');
    expect(result.interruptions).toEqual([]);
    expect(toldTo(model).get('x-2')).toMatch(/^NOT EXECUTED \(not_decided\)\./);
    expect(await shop.statusOf(order)).toBe('paid');
  });

  test('refuses a token it does not know in words that do not show it', async () => {
    const gateway = gatewayClient({ url: shop.gateway.url, token: 'cs_agent_forged' });
    const { agent, model } = agentOf({ gateway }, [[query('select 1', 'x-3')], say('sorry')]);
    await runner.run(agent, 'go');
    const told = toldTo(model).get('x-3');
    expect(told).toMatch(/^NOT EXECUTED \(unauthenticated\)\./);
    expect(told).not.toMatch('forged');
  });

  test('and what else only the developer can mend is said on their console, once, without a secret', async () => {
    warn.mockClear();
    const gateways = [
      gatewayClient({ url: 'http://127.0.0.1:11', token: 'cs_agent_forged' }),
      gatewayClient({ url: shop.gateway.url, token: 'cs_agent_forged' }),
      gatewayClient({ url: shop.gateway.url, token: shop.gateway.agentToken }),
    ];
    for (const gateway of [...gateways, ...gateways]) {
      const tool = guardedTool({ gateway, sql: 'shopdb' });
      const arguments_ = JSON.stringify({ sql: 'select 1', params: null, purpose: null });
      expect(await tool.invoke(new RunContext({}), arguments_)).toMatch(/^NOT EXECUTED/);
    }
    // The right name is looked up after the model has its answer.
    for (let n = 0; n < 100 && warn.mock.calls.length < 3; n++) await sleep(20);
    const said = warn.mock.calls.map(String);
    expect(said).toEqual([
      expect.stringMatching(
        /^\[countersign\] shopdb_query does not work: .*127\.0\.0\.1:11.* \(unreachable\)/,
      ),
      expect.stringMatching(/\(unauthenticated\) Mint a token with `countersign token --agent NAME`/),
      expect.stringMatching(
        /There is no such connection: shopdb \(did you mean shop-db\?\)\. \(unknown_connection\)/,
      ),
    ]);
    expect(said.join()).not.toMatch(/cs_agent_/);
  });

  test('while people vote does not end the wait', async () => {
    const order = await shop.newOrder();
    const gateway = through();
    const answer = Promise.withResolvers<Answer>();
    shop.approver.enqueue(() => answer.promise);
    const { agent } = agentOf({ gateway }, [[query(refund(order), 'x-4')], say('done')]);
    const paused = await runner.run(agent, 'go');
    network.lose(/\/v1\/calls\/call_/, 'before', 2);
    const waiting = resumeWhenDecided(agent, paused, { gateway });
    answer.resolve(approve());
    expect((await waiting).finalOutput).toBe('done');
    expect(await shop.statusOf(order)).toBe('refunded');
  });

  test('because the token was revoked ends the wait with the error, and the state can be waited for again', async () => {
    const order = await shop.newOrder();
    const { token, view } = await shop.gateway.operator.mintToken({
      class: 'agent',
      name: 'support',
      groups: ['agents'],
      owner: 'olivia',
    });
    let current = token;
    const gateway = gatewayClient({ url: shop.gateway.url, token: () => current });
    const answer = Promise.withResolvers<Answer>();
    shop.approver.enqueue(() => answer.promise);
    const { agent } = agentOf({ gateway }, [[query(refund(order), 'x-5')], say('done')]);
    const paused = await runner.run(agent, 'go');
    await shop.gateway.operator.revokeToken(view.id);
    await expect(gateway.applyVotes(paused.state)).rejects.toMatchObject({ code: 'unauthenticated' });
    current = shop.gateway.agentToken;
    answer.resolve(approve());
    const result = await resumeWhenDecided(agent, paused, { gateway });
    expect(result.finalOutput).toBe('done');
    expect(await shop.statusOf(order)).toBe('refunded');
  });
});

describe('never 19: an answer that is lost', () => {
  test('is asked for again, and the write has happened once', async () => {
    const [{ n } = {}] = await shop.query('select count(*)::int as n from notes');
    network.lose(/\/execute$/, 'after', 2);
    const { agent, model } = agentOf({ gateway: through() }, [
      [query("insert into notes (body) values ('once')", 'y-1')],
      say('done'),
    ]);
    await runner.run(agent, 'go');
    expect(JSON.parse(toldTo(model).get('y-1') ?? '')).toMatchObject({ affected: 1 });
    expect(await shop.query('select count(*)::int as n from notes')).toEqual([{ n: Number(n) + 1 }]);
  });

  test('for good is an outcome nobody knows: the model is told not to repeat it', async () => {
    const [{ n } = {}] = await shop.query('select count(*)::int as n from notes');
    network.lose(/\/(execute|cancel)$/, 'after', 100);
    const { agent, model } = agentOf({ gateway: through() }, [
      [query("insert into notes (body) values ('lost')", 'y-2')],
      say('done'),
    ]);
    await runner.run(agent, 'go');
    expect(toldTo(model).get('y-2')).toMatch(/^OUTCOME UNKNOWN .*Do not repeat it/);
    expect(await shop.query('select count(*)::int as n from notes')).toEqual([{ n: Number(n) + 1 }]);
  });

  test('for good, but before anything could be sent, is a refusal, and the call can never run', async () => {
    network.lose(/\/execute$/, 'before', 100);
    const { agent, model } = agentOf({ gateway: through() }, [
      [query("insert into notes (body) values ('never')", 'y-3')],
      say('done'),
    ]);
    await runner.run(agent, 'go');
    expect(toldTo(model).get('y-3')).toMatch(/^NOT EXECUTED \(unreachable\)\./);
    expect(await shop.query("select * from notes where body = 'never'")).toEqual([]);
    expect((await shop.gateway.calls()).find(({ call }) => call === 'y-3')?.states).toEqual([
      'allowed',
      'cancelled',
    ]);
  });
});

test('an abort of the run ends the call at the target', async () => {
  const controller = new AbortController();
  const many = Array.from({ length: 32 }, (_, n) => `customers c${n}`).join(', ');
  const { agent } = agentOf(shop, [[query(`select count(*) as "z-1" from ${many}`, 'z-1')], say('done')]);
  const running = () =>
    shop.query(
      `select pid from pg_stat_activity where query like '%"z-1"%' and pid <> pg_backend_pid() and state = 'active'`,
    );
  const run = runner.run(agent, 'go', { signal: controller.signal });
  run.catch(() => {});
  while ((await running()).length === 0) await sleep(20);
  controller.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
  while ((await running()).length > 0) await sleep(20);
  expect((await shop.gateway.calls()).find(({ call }) => call === 'z-1')?.states).not.toContain('succeeded');
});

describe('never 42: what the SDK keeps and exports', () => {
  const secret = /078-05-1120|ada@example\.com/;

  test('holds no unmasked value: neither the run’s state nor a span', async () => {
    const exported: string[] = [];
    const keep = async (item: Trace | Span<never>) => {
      exported.push(JSON.stringify(item.toJSON()));
    };
    setTracingDisabled(false);
    setTraceProcessors([]);
    addTraceProcessor({
      onTraceStart: async () => {},
      onTraceEnd: keep,
      onSpanStart: async () => {},
      onSpanEnd: keep as never,
      shutdown: async () => {},
      forceFlush: async () => {},
    });
    const traced = new Runner({ tracingDisabled: false, traceIncludeSensitiveData: true });
    const { agent } = agentOf(shop, [[query('select name, ssn, email from customers')], say('done')]);
    const result = await withTrace('test', () => traced.run(agent, 'go'));
    setTracingDisabled(true);
    setTraceProcessors([]);
    expect(exported.join('\n')).toMatch('Ada');
    expect(exported.join('\n')).not.toMatch(secret);
    expect(result.state.toString()).toMatch('Ada');
    expect(result.state.toString()).not.toMatch(secret);
  });

  test('holds neither the token nor the gateway’s address', async () => {
    shop.approver.enqueue(() => new Promise(() => {}));
    const { agent } = agentOf(shop, [[query(refund(await shop.newOrder()))]]);
    const state = (await runner.run(agent, 'go')).state.toString();
    expect(state).not.toMatch(shop.gateway.agentToken);
    expect(state).not.toMatch(new URL(shop.gateway.url).host);
    const tool = guardedTool({ gateway: shop.gateway, sql: 'shop-db' });
    expect(JSON.stringify(tool)).not.toMatch(/token|127\.0\.0\.1/);
  });
});
