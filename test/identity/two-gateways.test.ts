/** What is taken away at one gateway is gone at the others of its store within a second. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser, people, startWorld, type World } from './harness.ts';

let server: PostgresServer;
let one: World;
let two: World;
const folder = mkdtempSync(join(tmpdir(), 'countersign-two-'));

beforeAll(async () => {
  server = await startPostgres();
  const { url } = await server.createDatabase();
  const start = () =>
    startWorld(
      `version: 1\nserver: { store: "\${STORE}" }\n${people}`,
      { keys: join(folder, 'keys') },
      { STORE: url },
      folder,
    );
  one = await start();
  two = await start();
});
afterAll(async () => {
  await one.close();
  await two.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** The same browser at the other gateway, as behind a balancer. */
const at = (world: World, browser: Browser): Browser => {
  const there = new Browser(world.gateway.url);
  const port = new URL(world.gateway.url).port;
  for (const value of browser.cookies.values()) there.cookies.set(`countersign-${port}`, value);
  return there;
};

const goneWithin = async (ask: () => Promise<boolean>): Promise<number> => {
  const since = performance.now();
  while (await ask()) await new Promise((resolve) => setTimeout(resolve, 20));
  return performance.now() - since;
};

test('never 24: a session, a token, and all of a person', async () => {
  const browser = await one.signedIn('dana');
  const { id } = await browser.session();
  const there = at(two, browser);
  expect((await there.session()).person).toBe('dana');
  await one.operator.revokeSession(id);
  expect(
    await goneWithin(async () => (await there.send('GET', '/auth/session')).status === 200),
  ).toBeLessThan(1000);

  const { token, view } = await one.operator.mintToken({ class: 'agent', name: 'bot', owner: 'dana' });
  const uses = async (bearer: string, path: string) =>
    (await there.send('GET', path, { headers: { authorization: `Bearer ${bearer}` } })).status === 200;
  expect(await uses(token, '/v1/principal')).toBe(true);
  await one.operator.revokeToken(view.id);
  expect(await goneWithin(() => uses(token, '/v1/principal'))).toBeLessThan(1000);

  const sam = at(two, await one.signedIn('sam'));
  const samsToken = await one.mint({ class: 'person', name: 'sam' });
  expect([(await sam.session()).person, await uses(samsToken, '/v1/approvals')]).toEqual(['sam', true]);
  expect(await one.operator.revokePerson({ person: 'sam' })).toEqual({ sessions: 1, tokens: 1 });
  const either = async () =>
    (await sam.send('GET', '/auth/session')).status === 200 || uses(samsToken, '/v1/approvals');
  expect(await goneWithin(either)).toBeLessThan(1000);
});
