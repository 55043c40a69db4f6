import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { clientCredentials } from '@countersign/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commands } from '../../packages/cli/src/commands/index.ts';
import { runProgram } from '../../packages/cli/src/program.ts';
import { terminalOf } from '../../packages/cli/src/terminal/terminal.ts';
import { Browser, people, roles, startWorld, type World } from './harness.ts';
import { type IdentityProvider, startProvider } from './provider.ts';

let world: World;
let idp: IdentityProvider;
const back: string[] = [];

const policyFor = (issuer: string) => `version: 1
identity:
  ${roles}
  issuers:
    company:
      issuer: ${issuer}
      tokens: { audience: "urn:gateway", clients: { support: { owner: olivia } } }
      sign_in: { client_id: console, client_secret: "\${SECRET}", scopes: [groups] }
${people.replace('["local:dana"]', `["local:dana", "oidc:${issuer}#dana"]`)}
`;

beforeAll(async () => {
  // The provider has to know where it leads back to, and the gateway where the provider is.
  world = await startWorld(`version: 1\n${people}`, {}, { SECRET: 's'.repeat(32) });
  back.push(`${world.gateway.url}/auth/callback/company`);
  idp = await startProvider(() => back);
  await world.rewrite(policyFor(idp.issuer));
});
afterAll(async () => {
  await world.close();
  await idp.close();
});

const callback = () => back[0] ?? '';

/** Leaves for the provider. */
async function leave(browser: Browser, path = '/auth/login'): Promise<string> {
  const { status, headers } = await browser.send('GET', path);
  expect(status).toBe(303);
  return headers.get('location') ?? '';
}

describe('signing in at an identity provider', () => {
  test('leads to a session of whoever has the account, and to where they wanted to go', async () => {
    const browser = new Browser(world.gateway.url);
    const location = new URL(await leave(browser, '/auth/login?then=/console/approvals%3Fx=1'));
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'openid groups',
      redirect_uri: callback(),
    });
    const { status, headers } = await browser.send(
      'GET',
      await idp.signIn(location.href, 'dana', callback()),
    );
    expect([status, headers.get('location')]).toEqual([303, `${world.gateway.url}/console/approvals?x=1`]);
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^countersign-sign-in-\d+=; .*Max-Age=0$/),
      expect.stringMatching(/^countersign-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    expect(await browser.session()).toMatchObject({
      person: 'dana',
      account: `oidc:${idp.issuer}#dana`,
      groups: ['dba'],
      roles: ['approver'],
    });
  });

  test('tells somebody who is nobody under people which account they have; roles come from the provider’s groups', async () => {
    const browser = new Browser(world.gateway.url);
    await browser.send('GET', await idp.signIn(await leave(browser), 'otto', callback()));
    expect(await browser.session()).toMatchObject({
      person: null,
      account: `oidc:${idp.issuer}#otto`,
      groups: ['platform'],
      roles: ['operator'],
    });
  });
});

test('a service gets its token at the provider, and gets another before it expires', async () => {
  const token = clientCredentials({
    tokenUrl: `${idp.issuer}/token`,
    clientId: 'support',
    clientSecret: 'a'.repeat(32),
    scope: 'calls',
  });
  const first = await token();
  expect(await token()).toBe(first);
  expect(await world.client(first).getPrincipal()).toMatchObject({ id: 'agent:support@company' });
});

test.each([
  ['never 51: a name that confuses objects', '__proto__', 303],
  ['never 51: a name that confuses objects', 'constructor', 303],
  ['never 52: a subject in capitals', 'DANA', 303],
  ['never 52: a subject that looks the same', 'd\u0430na', 400],
  ['never 52: a subject with something that is not seen', 'dana\u200b', 400],
  ['never 52: a subject with a blank', ' dana', 400],
])('%s is somebody else, or nobody: %j', async (_what, account, status) => {
  const browser = new Browser(world.gateway.url);
  const back = await browser.send('GET', await idp.signIn(await leave(browser), account, callback()));
  expect(back.status).toBe(status);
  if (status === 303) expect(await browser.session()).toMatchObject({ person: null, roles: [] });
});

describe('whoever comes back otherwise than they left is not signed in:', () => {
  /** A browser that has been led to the provider and back, but has not come in yet. */
  const atTheDoor = async () => {
    const browser = new Browser(world.gateway.url);
    const url = new URL(await idp.signIn(await leave(browser), 'dana', callback()));
    return { browser, url };
  };
  const changed = (url: URL, change: (search: URLSearchParams) => void): string => {
    const next = new URL(url);
    change(next.searchParams);
    return next.href;
  };
  const refused = async (browser: Browser, url: string, said: RegExp | string) => {
    const { status, body } = await browser.send('GET', url);
    expect([400, 404]).toContain(status);
    expect(body).toMatch(said);
    expect([...browser.cookies.keys()].filter((name) => !name.includes('sign-in'))).toEqual([]);
  };

  test('with an address that was used before', async () => {
    const { browser, url } = await atTheDoor();
    const cookies = new Map(browser.cookies);
    expect((await browser.send('GET', url.href)).status).toBe(303);
    const again = new Browser(world.gateway.url);
    for (const [name, value] of cookies) again.cookies.set(name, value);
    await refused(again, url.href, 'invalid_grant');
  });

  test('in another browser: one that began nothing, and one that began something else', async () => {
    const { url } = await atTheDoor();
    await refused(new Browser(world.gateway.url), url.href, 'not begun in this browser');
    const other = new Browser(world.gateway.url);
    await leave(other);
    await refused(other, url.href, 'not the one that was begun');
  });

  test('with another state, or more of it', async () => {
    for (const change of [
      (search: URLSearchParams) => search.delete('state'),
      (search: URLSearchParams) => search.set('state', ''),
      (search: URLSearchParams) => search.set('state', 'x'),
      (search: URLSearchParams) => search.append('state', search.get('state') ?? ''),
    ]) {
      const { browser, url } = await atTheDoor();
      await refused(browser, changed(url, change), 'not the one that was begun');
    }
  });

  test('and ends no sign-in that is under way, led there by whomever', async () => {
    const browser = new Browser(world.gateway.url);
    const one = await idp.signIn(await leave(browser), 'dana', callback());
    const other = await idp.signIn(await leave(browser), 'dana', callback());
    for (const url of [
      one,
      '/auth/callback/company',
      '/auth/callback/company?state=x&code=y',
      '/auth/callback/nobody',
    ])
      expect([400, 404]).toContain((await browser.send('GET', url)).status);
    expect((await browser.send('GET', other)).status).toBe(303);
    expect([...browser.cookies.keys()].filter((name) => name.includes('sign-in'))).toEqual([]);
  });

  test('from another identity provider than they went to', async () => {
    const { browser, url } = await atTheDoor();
    await refused(
      browser,
      changed(url, (search) => search.set('iss', 'https://evil.example')),
      "can't be taken",
    );
    const elsewhere = await atTheDoor();
    await refused(
      elsewhere.browser,
      elsewhere.url.href.replace('/company?', '/elsewhere?'),
      /no such|There is no/,
    );
  });

  test('with another’s code, a code that was made up, or none', async () => {
    const [mine, theirs] = [await atTheDoor(), await atTheDoor()];
    const code = theirs.url.searchParams.get('code') ?? '';
    await refused(
      mine.browser,
      changed(mine.url, (search) => search.set('code', code)),
      'invalid_grant',
    );
    const made = await atTheDoor();
    await refused(
      made.browser,
      changed(made.url, (search) => search.set('code', 'x')),
      'invalid_grant',
    );
    const none = await atTheDoor();
    await refused(
      none.browser,
      changed(none.url, (search) => search.delete('code')),
      "can't be taken",
    );
  });

  test('with a cookie that was changed, cut short, or stands twice', async () => {
    for (const change of [
      (value: string) => `${value.slice(0, 40)}${value[40] === 'A' ? 'B' : 'A'}${value.slice(41)}`,
      (value: string) => value.slice(0, -1),
      () => 'A'.repeat(100),
      () => '',
    ]) {
      const { browser, url } = await atTheDoor();
      const [name = '', value = ''] = [...browser.cookies][0] ?? [];
      browser.cookies.set(name, change(value));
      await refused(browser, url.href, 'not begun in this browser');
    }
    const { browser, url } = await atTheDoor();
    const [name = '', value = ''] = [...browser.cookies][0] ?? [];
    browser.cookies.set(name, `${value}; ${name}=${value}`);
    await refused(browser, url.href, 'not begun in this browser');
  });

  test('later than ten minutes', async () => {
    const { browser, url } = await atTheDoor();
    world.later(601_000);
    await refused(browser, url.href, 'longer than ten minutes');
  });

  test('with an error, of which nothing but its name is repeated', async () => {
    const { browser, url } = await atTheDoor();
    await refused(
      browser,
      changed(url, (search) => {
        search.delete('code');
        search.set('error', 'access_denied');
        search.set('error_description', '<script>alert(1)</script>');
      }),
      /^(?![\s\S]*alert)[\s\S]*company says access_denied/,
    );
    const other = await atTheDoor();
    await refused(
      other.browser,
      changed(other.url, (search) => {
        search.delete('code');
        search.set('error', '<img src=x>');
      }),
      /^(?![\s\S]*<img)[\s\S]*can't be taken/,
    );
  });
});

test.each([
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'https://evil.example',
  'https:evil.example',
  'javascript:alert(1)',
  '/%09/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/x/..//evil.example',
  '/.\\evil.example',
  ' /x',
  '',
  'evil.example',
  '@evil.example',
  '/\u2028x',
  '/auth/logout',
  '/auth/../auth/login',
  `/${'x'.repeat(1500)}`,
  '/x\r\nset-cookie: a=b',
])('an address to come back to stays at the gateway, whatever is given: %j', async (then) => {
  const browser = new Browser(world.gateway.url);
  const location = await leave(browser, `/auth/login?then=${encodeURIComponent(then)}`);
  const back = await browser.send('GET', await idp.signIn(location, 'dana', callback()));
  const led = new URL(back.headers.get('location') ?? '');
  expect([led.origin, led.pathname.startsWith('//'), led.pathname.startsWith('/auth')]).toEqual([
    world.gateway.url,
    false,
    false,
  ]);
});

test('an address with a NUL in it is no address to come back to', async () => {
  const answer = await new Browser(world.gateway.url).send('GET', '/auth/login?then=%2F%00');
  expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
});

test('countersign login shows an address and a code, waits, and keeps the session for the commands that follow', async () => {
  const home = mkdtempSync(join(tmpdir(), 'countersign-login-'));
  const out = new PassThrough();
  let said = '';
  out.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
    const [address] = /http\S+user_code=\S+/.exec(said) ?? [];
    if (address !== undefined && visits.length === 0) visits.push(idp.signIn(address, 'otto', 'never'));
  });
  const visits: Promise<string>[] = [];
  const run = (...args: string[]) =>
    runProgram([...args, '--gateway', world.gateway.url], {
      terminal: terminalOf({ stdin: Readable.from([]), stdout: out, stderr: out }, { XDG_CONFIG_HOME: home }),
      signal: new AbortController().signal,
      directory: home,
      now: () => new Date(),
      commands,
    });
  expect([await run('login'), said]).toEqual([
    0,
    expect.stringContaining(`Signed in as oidc:${idp.issuer}#otto`),
  ]);
  expect(said).toContain('belongs to no one under people');
  expect(said).not.toMatch(/cs_session_/);
  expect(statSync(join(home, 'countersign/tokens.json')).mode & 0o777).toBe(0o600);
  expect([await run('approvals', '--json'), said]).toEqual([0, expect.stringContaining('"approvals"')]);
  expect([await run('stop', 'list'), said]).toEqual([0, expect.stringContaining('Nothing is stopped')]);
  expect(await run('logout')).toBe(0);
  expect([await run('approvals'), said]).toEqual([1, expect.stringContaining('(unauthenticated)')]);
  await Promise.all(visits);
  rmSync(home, { recursive: true });
});

describe('a command', () => {
  const pending = { code: 'sign_in_pending' };

  test('is signed in once its person has, with a token that is no cookie, once', async () => {
    const client = world.client('none');
    const begun = await client.startSignIn({});
    const ask = () => client.finishSignIn({ handle: begun.handle });
    await expect(ask()).rejects.toMatchObject(pending);
    await idp.signIn(begun.verification_uri_complete ?? '', 'dana', 'never');
    const { token, session } = await ask();
    expect(session).toMatchObject({ person: 'dana', roles: ['approver'] });
    await expect(ask()).rejects.toMatchObject({ code: 'sign_in_failed' });
    const signedIn = world.client(token);
    expect(await signedIn.listApprovals()).toMatchObject({ approvals: [] });
    await expect(signedIn.getPrincipal()).rejects.toMatchObject({ code: 'wrong_actor' });

    const browser = await world.signedIn('dana');
    const [name = '', cookie = ''] = [...browser.cookies][0] ?? [];
    await expect(world.client(`cs_session_${cookie}`).getSession()).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    browser.cookies.set(name, token.slice('cs_session_'.length));
    expect((await browser.send('GET', '/auth/session')).status).toBe(401);

    await signedIn.leaveSession();
    await expect(signedIn.getSession()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('gets nothing for a handle that was made up, or changed', async () => {
    const client = world.client('none');
    const { handle } = await client.startSignIn({});
    for (const wrong of ['', 'x', handle.slice(1), `${handle}A`, 'A'.repeat(200)])
      await expect(client.finishSignIn({ handle: wrong })).rejects.toMatchObject({
        code: 'sign_in_failed',
        message: expect.stringContaining('not begun here'),
      });
  });
});
