/** Every route with every kind of credential: the table is made from what the routes declare. */
import type { MintInput } from '@countersign/core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser, people, roles, startWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(`version: 1\nidentity: { ${roles} }\n${people}`, {
    rateLimits: { perStranger: 1_000_000 },
  });
});
afterAll(() => world.close());

/** Whom a route is for, as the document says it, and which credentials that lets in. */
const may: Readonly<Record<string, readonly string[]>> = {
  agent: ['agent', 'service'],
  person: ['person', 'approver signed in', 'operator signed in'],
  operator: ['operator', 'operator signed in'],
  auditor: ['auditor', 'operator', 'operator signed in', 'auditor signed in'],
  viewer: ['person', 'auditor', 'operator', 'approver signed in', 'operator signed in', 'auditor signed in'],
  session: ['approver signed in', 'operator signed in', 'auditor signed in'],
};
/** Who mints tokens could be anyone: no session does. */
const tokensOnly = ['POST /v1/tokens'];

type Send = (method: string, path: string) => Promise<{ status: number; code: string | null }>;

async function credentials(): Promise<ReadonlyMap<string, Send>> {
  const all = new Map<string, Send>();
  const byToken =
    (token: string): Send =>
    async (method, path) =>
      new Browser(world.gateway.url).send(method, path, {
        headers: { authorization: `Bearer ${token}` },
        ...(method === 'POST' ? { body: { no: 'such key' } } : {}),
      });
  for (const one of ['agent', 'service', 'person', 'operator', 'auditor'] as const) {
    const mint: MintInput = { class: one, name: one === 'person' ? 'dana' : 'x' };
    all.set(
      one,
      byToken(await world.mint(one === 'agent' || one === 'service' ? { ...mint, owner: 'sam' } : mint)),
    );
  }
  const signedIn = {
    'approver signed in': 'dana',
    'operator signed in': 'otto',
    'auditor signed in': 'audra',
  };
  for (const [what, name] of Object.entries(signedIn)) {
    const browser = await world.signedIn(name);
    await browser.session();
    all.set(what, (method, path) =>
      // Leaving would end it before the others were tried.
      path === '/auth/logout'
        ? Promise.resolve({ status: 200, code: null })
        : browser.send(method, path, method === 'POST' ? { body: { no: 'such key' } } : {}),
    );
  }
  return all;
}

test('never 25: every route takes those it is for, and no others', async () => {
  const document = (await new Browser(world.gateway.url).send('GET', '/v1/openapi.json')).body as {
    paths: Record<string, Record<string, { 'x-actor': string | readonly string[] }>>;
  };
  const everybody = await credentials();
  const wrong: string[] = [];
  let tried = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    if (path.endsWith('/events')) continue;
    for (const [lower, { 'x-actor': actors }] of Object.entries(methods)) {
      const method = lower.toUpperCase();
      const actor = [actors].flat();
      if (actor.includes('public')) continue;
      for (const [who, send] of everybody) {
        tried++;
        const signedIn = who.includes('signed in');
        const lets =
          actor.some((one) => may[one]?.includes(who)) &&
          !(signedIn && tokensOnly.includes(`${method} ${path}`));
        const { status, code } = await send(method, path.replace(/\{[a-z_]+\}/g, 'x'));
        const letIn = !(status === 403 && code === 'wrong_actor');
        if (lets !== letIn || status === 401 || status >= 500)
          wrong.push(`${method} ${path} by ${who}: ${status} ${code}`);
      }
      const stranger = await new Browser(world.gateway.url).send(method, path);
      if (stranger.status !== 401) wrong.push(`${method} ${path} by nobody: ${stranger.status}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(tried).toBeGreaterThan(250);
});

test('never 15: no GET changes anything, whoever follows every link there is', async () => {
  const document = (await new Browser(world.gateway.url).send('GET', '/v1/openapi.json')).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  const browser = await world.signedIn('otto');
  await browser.session();
  const { ledger } = world.gateway.engine;
  const before = await ledger.settled();
  for (const [path, methods] of Object.entries(document.paths))
    if ('get' in methods && !path.endsWith('/events'))
      await browser.send('GET', path.replace(/\{[a-z_]+\}/g, 'x'));
  expect((await ledger.settled())?.size).toBe(before?.size);
});
