import { request } from 'node:http';
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

  test('signs nobody in under a name that only begins like this machine’s address', async () => {
    const code = new URL(world.gateway.signInLink('local:dana')).hash.slice(1);
    const { hostname, port } = new URL(world.gateway.url);
    const status = await new Promise((resolve) => {
      const headers = { host: '127.evil.example', 'content-type': 'application/json' };
      const sent = request({ hostname, port, path: '/auth/demo', method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.end(JSON.stringify({ code }));
    });
    expect(status).toBe(400);
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

describe('a request of a browser session comes from a page of the gateway, or does nothing:', () => {
  const rows: readonly (readonly [
    what: string,
    headers: (csrf: string, own: string) => Record<string, string>,
  ])[] = [
    ['without x-countersign-csrf', () => ({ 'x-countersign-csrf': '' })],
    ['with another', () => ({ 'x-countersign-csrf': 'A'.repeat(43) })],
    ['with half of it', (csrf) => ({ 'x-countersign-csrf': csrf.slice(0, 20) })],
    ['with two of it', (csrf) => ({ 'x-countersign-csrf': `${csrf}, ${csrf}` })],
    ['from another origin', () => ({ origin: 'https://evil.example' })],
    ['from no origin', () => ({ origin: 'null' })],
    ['from another port', (_csrf, own) => ({ origin: own.replace(/:\d+$/, ':1') })],
    ['from a name that begins the same', (_csrf, own) => ({ origin: `${own}.evil.example` })],
    ['from another scheme', (_csrf, own) => ({ origin: own.replace('http:', 'https:') })],
    ['from another site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['from a sibling site', () => ({ 'sec-fetch-site': 'same-site' })],
    ['from an address that was typed', () => ({ 'sec-fetch-site': 'none' })],
    ['from a site nobody knows', () => ({ 'sec-fetch-site': 'x' })],
  ];

  test.each(rows)('%s', async (_what, headers) => {
    const browser = await world.signedIn('otto');
    const { csrf } = await browser.session();
    const own = new URL(world.gateway.url).origin;
    const body = { scope: { kind: 'all' } };
    const answer = await browser.send('POST', '/v1/stops', { body, headers: headers(csrf, own) });
    expect(answer).toMatchObject({ status: 403, code: 'cross_site' });
    expect((await world.operator.listStops()).stops).toEqual([]);
  });

  test('that says nothing of where it comes from', async () => {
    const browser = await world.signedIn('otto');
    const { csrf } = await browser.session();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${world.gateway.url}/auth/logout`, {
      method: 'POST',
      headers: { cookie, 'x-countersign-csrf': csrf },
    });
    expect(answer.status).toBe(403);
    expect((await browser.session()).csrf).toBe(csrf);
  });

  test('nor is it read from elsewhere', async () => {
    const browser = await world.signedIn('otto');
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
    ])
      expect(await browser.send('GET', '/v1/stops', { headers })).toMatchObject({ code: 'cross_site' });
  });

  test('a token beside the cookie is what counts, and a wrong one is not made up for', async () => {
    const browser = await world.signedIn('otto');
    const headers = { authorization: 'Bearer cs_operator_x' };
    expect(await browser.send('GET', '/auth/session', { headers })).toMatchObject({ status: 401 });
  });
});

describe('a session’s secret', () => {
  const db = () => world.gateway.engine.store.db;
  /** As if so many minutes had passed for it. */
  const age = async (id: string, minutes: number) => {
    const by = sql.raw(`interval '${minutes} minutes'`);
    await sql`update sessions set rotated_at = rotated_at - ${by}, used_at = used_at - ${by},
      created_at = created_at - ${by}, expires_at = expires_at - ${by} where id = ${id}`.execute(db());
    world.later(1000);
  };
  const fork = (browser: Browser): Browser => {
    const copy = new Browser(browser.base);
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    return copy;
  };

  test('is replaced after ten minutes of use, by the same for requests at the same time; the old one then goes', async () => {
    const browser = await world.signedIn('dana');
    const { id, csrf } = await browser.session();
    await age(id, 11);
    const [one, two, late] = [fork(browser), fork(browser), fork(browser)];
    await Promise.all([one.session(), two.session()]);
    expect(cookieIn(one)).not.toBe(cookieIn(browser));
    expect(cookieIn(two)).toBe(cookieIn(one));
    expect((await one.session()).csrf).toBe(csrf);
    // Somebody still has the old one: for a moment that is a request under way.
    expect((await late.send('GET', '/auth/session')).status).toBe(200);
    expect(cookieIn(late)).toBe(cookieIn(one));
  });

  test('of before, used once the new one was, ends the session for both: one of them stole it', async () => {
    const browser = await world.signedIn('dana');
    const { id } = await browser.session();
    const thief = fork(browser);
    await age(id, 11);
    await browser.session();
    await browser.session();
    await age(id, 1);
    expect(await thief.send('GET', '/auth/session')).toMatchObject({ status: 401 });
    expect(await browser.send('GET', '/auth/session')).toMatchObject({ status: 401 });
  });

  test('of long before ends it too: a thief who went on with it is not left with the session', async () => {
    const victim = await world.signedIn('dana');
    const { id } = await victim.session();
    const thief = fork(victim);
    for (let times = 0; times < 3; times++) {
      await age(id, 11);
      await thief.session();
    }
    expect(await victim.send('GET', '/auth/session')).toMatchObject({ status: 401 });
    expect(await thief.send('GET', '/auth/session')).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test('is not lost with an answer: the old one counts until the new one was used', async () => {
    const browser = await world.signedIn('dana');
    const { id } = await browser.session();
    await age(id, 11);
    await fork(browser).send('GET', '/auth/session');
    await age(id, 5);
    expect((await browser.send('GET', '/auth/session')).status).toBe(200);
  });

  test('is of no use after thirty minutes without use, nor after twelve hours', async () => {
    const idle = await world.signedIn('dana');
    await age((await idle.session()).id, 31);
    expect(await idle.send('GET', '/auth/session')).toMatchObject({ status: 401, code: 'unauthenticated' });
    const old = await world.signedIn('dana');
    const { id } = await old.session();
    await sql`update sessions set expires_at = clock_timestamp() where id = ${id}`.execute(db());
    world.later(1000);
    expect(await old.send('GET', '/auth/session')).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test('is kept going by a person, and not by a page that was left open', async () => {
    const browser = await world.signedIn('dana');
    const { id } = await browser.session();
    const looks = (headers: Record<string, string>) => browser.send('GET', '/auth/session', { headers });
    for (const minutes of [14, 14]) {
      await age(id, minutes);
      const before = cookieIn(browser);
      expect(await looks({ 'x-countersign-idle': '1' })).toMatchObject({ status: 200 });
      expect(cookieIn(browser)).toBe(before);
      const gone = new AbortController();
      const followed = await fetch(`${world.gateway.url}/v1/approvals/events`, {
        headers: {
          accept: 'text/event-stream',
          cookie: [...browser.cookies].map((one) => one.join('=')).join(';'),
        },
        signal: gone.signal,
      });
      expect(followed.status).toBe(200);
      gone.abort();
    }
    await age(id, 3);
    expect(await looks({ 'x-countersign-idle': '1' })).toMatchObject({ status: 401 });
  });

  test.each(['', 'x', 'A'.repeat(43), 'A'.repeat(4000), '__proto__', "' or 1=1 --", '%00'])(
    '%j is none',
    async (value) => {
      const browser = await world.signedIn('dana');
      const [name = ''] = [...browser.cookies.keys()];
      browser.cookies.set(name, value);
      expect(await browser.send('GET', '/auth/session')).toMatchObject({
        status: 401,
        code: 'unauthenticated',
      });
    },
  );

  test('that stands beside another under the same name is none: nobody can tell which is ours', async () => {
    const [mine, theirs] = [await world.signedIn('dana'), await world.signedIn('sam')];
    const [name = ''] = [...mine.cookies.keys()];
    mine.cookies.set(name, `${cookieIn(mine)}; ${name}=${cookieIn(theirs)}`);
    expect(await mine.send('GET', '/auth/session')).toMatchObject({ status: 401 });
  });
});

describe('never 24: what is told as it happens', () => {
  const follow = async (browser: Browser) => {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const { status, body } = await fetch(`${world.gateway.url}/v1/approvals/events`, { headers: { cookie } });
    expect(status).toBe(200);
    let told = '';
    const ended = (async () => {
      try {
        for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>)
          told += Buffer.from(chunk).toString();
      } catch {
        // Cut off.
      }
      return told;
    })();
    return { ended, told: () => told };
  };
  const stop = async () => {
    const { id } = await world.operator.createStop({ scope: { kind: 'connection', connection: 'x' } });
    await world.operator.liftStop(id);
  };

  test('ends with the session: nothing is told any more', async () => {
    const browser = await world.signedIn('dana');
    const { id } = await browser.session();
    const { ended } = await follow(browser);
    await world.operator.revokeSession(id);
    world.later(1000);
    await stop();
    expect(await ended).not.toContain('stopped');
  });

  test('goes on though the cookie it began with is replaced, and is no use of the session', async () => {
    const browser = await world.signedIn('dana');
    const { id, idle_until } = await browser.session();
    const { told } = await follow(browser);
    const minutes = sql`interval '11 minutes'`;
    await sql`update sessions set rotated_at = rotated_at - ${minutes} where id = ${id}`.execute(
      world.gateway.engine.store.db,
    );
    world.later(1000);
    await browser.session();
    await browser.session();
    await sql`update sessions set rotated_at = rotated_at - ${minutes}, used_at = used_at - interval '1 minute' where id = ${id}`.execute(
      world.gateway.engine.store.db,
    );
    world.later(1000);
    await stop();
    while (!told().includes('lifted')) await new Promise((resolve) => setImmediate(resolve));
    const after = (await world.operator.listSessions()).sessions.find((one) => one.id === id);
    expect(Date.parse(after?.idle_until ?? '')).toBeLessThan(Date.parse(idle_until));
  });
});

test('what is answered is kept by nobody on the way, and is not taken for anything else', async () => {
  const browser = await world.signedIn('dana');
  const asked = [
    '/v1/approvals',
    '/v1/runs',
    '/auth/session',
    '/auth/providers',
    '/nothing',
    '/v1/approvals/x',
  ];
  for (const path of asked) {
    const { headers } = await browser.send('GET', path);
    expect([path, headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
      path,
      'no-store',
      'nosniff',
    ]);
  }
});

test('a stream that is asked for its head alone is not opened', async () => {
  const headers = { authorization: `Bearer ${await world.mint({ class: 'person', name: 'sam' })}` };
  const url = `${world.gateway.url}/v1/approvals/events`;
  for (let times = 0; times < 60; times++)
    expect((await fetch(url, { method: 'HEAD', headers })).status).toBe(400);
  const gone = new AbortController();
  expect((await fetch(url, { headers, signal: gone.signal })).status).toBe(200);
  gone.abort();
});
