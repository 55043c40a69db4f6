/** Each method of the client, answered by a real gateway. */
import { createClient } from '@countersign/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openShop, refund, type Shop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

const nobody = () => new Promise<never>(() => {});
let calls = 0;
const call = (sql: string) => ({
  connection: 'shop-db',
  input: { sql },
  run: `client-${++calls}`,
  tool: 'client',
  call: `client-${calls}`,
});

test('the agent’s routes: submit, look, execute, cancel, connections, explain', async () => {
  const { agent } = shop.gateway;
  const request = call('select count(*) as n from orders');
  const allowed = await agent.submitCall(request);
  expect(allowed).toMatchObject({ state: 'allowed', decision: 'allow', code: 'allowed', retry: null });
  expect(await agent.submitCall(request)).toEqual(allowed);
  expect(await agent.getCall(allowed.id, { wait: 20 })).toEqual(allowed);
  const done = await agent.executeCall(allowed.id, { input_digest: allowed.input_digest });
  expect(done).toMatchObject({ outcome: 'succeeded', error: null, result: { columns: ['n'] } });
  expect(await agent.executeCall(allowed.id, { input_digest: allowed.input_digest })).toEqual(done);

  shop.approver.enqueue(nobody);
  const waiting = await agent.submitCall(call(refund(await shop.newOrder())));
  expect(await agent.cancelCall(waiting.id)).toMatchObject({ state: 'cancelled', code: 'cancelled' });
  expect(await agent.listConnections()).toEqual({ connections: [{ name: 'shop-db', protocol: 'postgres' }] });
  const explained = await agent.explain({ connection: 'shop-db', input: { sql: 'drop table orders' } });
  expect(Object.keys(explained).sort()).toEqual(['code', 'decision', 'reason']);
  expect(explained).toMatchObject({ decision: 'deny', code: 'denied_by_rule' });
});

test('a call with a digest that is not its own is refused', async () => {
  const { agent } = shop.gateway;
  const [one, other] = [await agent.submitCall(call('select 1')), await agent.submitCall(call('select 2'))];
  await expect(agent.executeCall(one.id, { input_digest: other.input_digest })).rejects.toMatchObject({
    code: 'digest_mismatch',
  });
});

test('the person’s routes: list, look, vote; a vote names what was shown', async () => {
  shop.approver.enqueue(nobody);
  const { agent } = shop.gateway;
  const { id, approval } = await agent.submitCall(call(refund(await shop.newOrder())));
  if (approval === null) throw new Error('nothing waits');
  const dana = await shop.gateway.person('dana');
  expect((await dana.listApprovals()).approvals.map((listed) => listed.id)).toContain(approval);
  const card = await dana.getApproval(approval);
  expect(card).toMatchObject({ call: id, state: 'waiting', may_vote: true });
  const wrong = card.digest.replace(/./g, 'a') as typeof card.digest;
  await expect(dana.vote(approval, { vote: 'approve', digest: wrong })).rejects.toMatchObject({
    code: 'digest_mismatch',
  });
  expect(await dana.vote(approval, { vote: 'approve', digest: card.digest })).toMatchObject({
    state: 'approved',
  });
  expect(await agent.getCall(id, { wait: 20 })).toMatchObject({ state: 'approved' });
});

test('the operator’s routes: tokens, policy, stops, settling, events', async () => {
  const { operator, url } = shop.gateway;
  const minted = await operator.mintToken({
    class: 'service',
    name: 'nightly',
    owner: 'olivia',
    groups: ['agents'],
  });
  const service = createClient({ url, token: minted.token });
  expect((await service.submitCall(call('select 3'))).state).toBe('allowed');
  expect((await operator.listTokens()).tokens.map(({ id }) => id)).toContain(minted.view.id);
  await operator.revokeToken(minted.view.id);
  await expect(service.listConnections()).rejects.toMatchObject({ code: 'unauthenticated' });

  expect((await operator.getPolicy()).rules).toContain('notes are free');
  const stop = await operator.createStop({ scope: { kind: 'all' }, reason: 'a drill' });
  const stopped = await shop.gateway.agent.submitCall(call('select 4'));
  expect(stopped).toMatchObject({ state: 'denied', code: 'stopped' });
  expect((await operator.listStops()).stops.map(({ id }) => id)).toContain(stop.id);
  await operator.liftStop(stop.id);
  expect((await shop.gateway.agent.submitCall(call('select 4'))).state).toBe('allowed');

  await expect(operator.settleCall(stopped.id, { reason: 'x' })).rejects.toMatchObject({
    name: 'CountersignError',
  });
  const all = await operator.events({ limit: 10_000 });
  expect(all.at(-1)).toHaveProperty('head');
  const page = await operator.events({ after: 2, limit: 2 });
  expect(page).toEqual(all.slice(3, 5));
});

test('health needs no token', async () => {
  const client = createClient({ url: shop.gateway.url });
  expect([await client.isAlive(), await client.isReady()]).toEqual([true, true]);
  await expect(client.listConnections()).rejects.toMatchObject({ code: 'config_invalid' });
});
