import { clientCredentials } from '@countersign/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
