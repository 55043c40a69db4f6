import { sessionViewSchema } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { Browser, people, roles, startWorld, type World } from './harness.ts';

const policy = `version: 1
identity: { ${roles} }
${people}
`;

let world: World;
beforeAll(async () => {
  world = await startWorld(policy);
});
afterAll(() => world.close());

const cookieIn = (browser: Browser) => [...browser.cookies.values()][0] ?? '';

describe('a session', () => {
  test('says who is signed in, what they may do and until when', async () => {
    const view = sessionViewSchema.parse(await (await world.signedIn('dana')).session());
    expect(view).toMatchObject({
      person: 'dana',
      account: 'local:dana',
      groups: ['dba'],
      roles: ['approver'],
    });
    const lasts = Date.parse(view.expires_at) - Date.parse(view.signed_in_at);
    expect([lasts, Date.parse(view.idle_until) - Date.parse(view.signed_in_at)]).toEqual([
      12 * 3_600_000,
      30 * 60_000,
    ]);
  });

  test.each([
    ['dana', ['approver']],
    ['otto', ['approver', 'operator']],
    ['audra', ['auditor']],
    ['nobody', []],
  ])('of %s has the roles %j', async (name, expected) => {
    expect((await (await world.signedIn(name)).session()).roles).toEqual(expected);
  });

  test('is a cookie that no script sees and no other site sends, and stands in the store as a digest only', async () => {
    const code = new URL(world.gateway.signInLink('local:dana')).hash.slice(1);
    const browser = new Browser(world.gateway.url);
    const { headers } = await browser.send('POST', '/auth/demo', { body: { code } });
    const port = new URL(world.gateway.url).port;
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(
        new RegExp(`^countersign-${port}=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
      ),
    ]);
    const { rows } = await sql<{ text: string }>`select sessions::text as text from sessions`.execute(
      world.gateway.engine.store.db,
    );
    expect(rows.filter(({ text }) => text.includes(cookieIn(browser)) || text.includes(code))).toEqual([]);
  });

  test('ends at once when its holder leaves', async () => {
    const browser = await world.signedIn('dana');
    const stolen = new Map(browser.cookies);
    await browser.session();
    expect(await browser.send('POST', '/auth/logout')).toMatchObject({ status: 200, body: { done: true } });
    expect(browser.cookies.size).toBe(0);
    for (const [name, value] of stolen) browser.cookies.set(name, value);
    expect(await browser.send('GET', '/auth/session')).toMatchObject({
      status: 401,
      code: 'unauthenticated',
    });
  });
});

describe('a sign-in link', () => {
  test('never 15: signs in once, and decides nothing; fetching it uses nothing up', async () => {
    const link = new URL(world.gateway.signInLink('local:dana'));
    const scanner = new Browser(world.gateway.url);
    for (let n = 0; n < 3; n++) expect((await scanner.send('GET', link.href)).status).toBe(200);
    expect(scanner.cookies.size).toBe(0);
    const body = { code: link.hash.slice(1) };
    expect((await new Browser(world.gateway.url).send('POST', '/auth/demo', { body })).status).toBe(200);
    expect(await new Browser(world.gateway.url).send('POST', '/auth/demo', { body })).toMatchObject({
      status: 400,
      code: 'sign_in_failed',
    });
  });

  test('is not made unless the gateway was started for it, nor beyond this machine', async () => {
    const plain = await startWorld(policy, { signInLinks: false });
    expect(() => plain.gateway.signInLink('local:dana')).toThrow('makes no sign-in links');
    expect((await new Browser(plain.gateway.url).send('GET', '/auth/demo')).status).toBe(404);
    await plain.close();
    await expect(startWorld(policy, { listen: { host: '0.0.0.0', port: 0 } })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('sign-in links on 0.0.0.0'),
    });
  });
});
