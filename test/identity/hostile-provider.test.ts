/** A provider that is not what it should be, or somebody in between: what it answers signs nobody in. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser, people, startWorld, type World } from './harness.ts';
import { macSigned, type SigningKey, sign, signingKey, startIssuer, type TestIssuer } from './issuer.ts';

const secret = 's'.repeat(32);
let world: World;
let issuer: TestIssuer;
let key: SigningKey;
let stranger: SigningKey;

beforeAll(async () => {
  [key, stranger] = await Promise.all([signingKey('k'), signingKey('k')]);
  issuer = await startIssuer([key]);
  world = await startWorld(
    `version: 1
identity:
  issuers:
    company: { issuer: "${issuer.url}", sign_in: { client_id: console, client_secret: "\${SECRET}" } }
${people}`,
    {},
    { SECRET: secret },
  );
});
afterAll(async () => {
  await world.close();
  await issuer.close();
});

type Claims = Record<string, unknown>;
const now = () => Math.floor(Date.now() / 1000);
const header = { alg: 'RS256', kid: 'k', typ: 'JWT' };
const without = (claims: Claims, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([one]) => one !== name));
const answered = (idToken?: string) => ({
  access_token: 'x',
  token_type: 'Bearer',
  ...(idToken === undefined ? {} : { id_token: idToken }),
});

/** Leaves for the provider, which answers as it is told, and comes back. @returns the status, and who is then signed in. */
async function goThere(answer: (claims: Claims) => object): Promise<readonly [number, string | null]> {
  const browser = new Browser(world.gateway.url);
  const location = new URL((await browser.send('GET', '/auth/login')).headers.get('location') ?? '');
  const ask = (name: string) => location.searchParams.get(name) ?? '';
  issuer.answer = answer({
    iss: issuer.url,
    aud: 'console',
    sub: 'dana',
    nonce: ask('nonce'),
    iat: now(),
    exp: now() + 300,
  });
  const back = `${ask('redirect_uri')}?code=x&state=${ask('state')}`;
  const { status } = await browser.send('GET', back);
  const session = await browser.send('GET', '/auth/session');
  return [status, session.status === 200 ? (session.body as { account: string }).account : null];
}

test('an ID token as it should be signs in whom it names', async () => {
  expect(await goThere((claims) => answered(sign(key, header, claims)))).toEqual([
    303,
    `oidc:${issuer.url}#dana`,
  ]);
});

const changed = (claim: string, value: unknown) => (claims: Claims) =>
  answered(sign(key, header, { ...claims, [claim]: value }));

const hostile: readonly (readonly [what: string, answer: (claims: Claims) => object])[] = [
  ['no ID token', () => answered()],
  ['no answer', () => ({})],
  ['an error', () => ({ error: 'invalid_grant' })],
  ...(['nonce', 'sub', 'aud', 'iss', 'exp', 'iat'] as const).map(
    (claim) =>
      [`no ${claim}`, (claims: Claims) => answered(sign(key, header, without(claims, claim)))] as const,
  ),
  ['another nonce', changed('nonce', 'x')],
  ['a nonce that is empty', changed('nonce', '')],
  ['the audience of another client', changed('aud', 'other')],
  [
    'several audiences, made for another client',
    (claims) => answered(sign(key, header, { ...claims, aud: ['console', 'other'], azp: 'other' })),
  ],
  ['another issuer', changed('iss', 'https://evil.example')],
  ['a time that is over', changed('exp', now() - 600)],
  ['a subject that is no text', changed('sub', 7)],
  ['an empty subject', changed('sub', '')],
  ['groups that are left out', changed('_claim_names', { groups: 'src1' })],
  ['groups that are none', changed('groups', { admin: true })],
  [
    'no signature',
    (claims) =>
      answered(
        `${sign(key, { ...header, alg: 'none' }, claims)
          .split('.')
          .slice(0, 2)
          .join('.')}.`,
      ),
  ],
  ['alg none, signed', (claims) => answered(sign(key, { ...header, alg: 'none' }, claims))],
  [
    'a signature by the client secret',
    (claims) => answered(macSigned(secret, { ...header, alg: 'HS256' }, claims)),
  ],
  [
    'a signature by its public key',
    (claims) => answered(macSigned(key.pem, { ...header, alg: 'HS256' }, claims)),
  ],
  ['another’s key of the same name', (claims) => answered(sign(stranger, header, claims))],
  [
    'a key that it brings along',
    (claims) => answered(sign(stranger, { ...header, jwk: stranger.jwk }, claims)),
  ],
];

test.each(hostile)('nobody is signed in by %s', async (_what, answer) => {
  const [status, account] = await goThere(answer);
  expect([400, 503]).toContain(status);
  expect(account).toBeNull();
});

test('a provider that takes a code twice does not make two sessions of it', async () => {
  const browser = new Browser(world.gateway.url);
  const location = new URL((await browser.send('GET', '/auth/login')).headers.get('location') ?? '');
  const ask = (name: string) => location.searchParams.get(name) ?? '';
  const claims = {
    iss: issuer.url,
    aud: 'console',
    sub: 'dana',
    nonce: ask('nonce'),
    iat: now(),
    exp: now() + 300,
  };
  issuer.answer = answered(sign(key, header, claims));
  const again = new Browser(world.gateway.url);
  for (const [name, value] of browser.cookies) again.cookies.set(name, value);
  const back = `${ask('redirect_uri')}?code=x&state=${ask('state')}`;
  const both = await Promise.all([browser.send('GET', back), again.send('GET', back)]);
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 400]);
});

/** The same, for a command. */
async function goThereByDevice(answer: (claims: Claims) => object): Promise<string> {
  const client = world.client('none');
  const { handle } = await client.startSignIn({});
  issuer.answer = answer({ iss: issuer.url, aud: 'console', sub: 'dana', iat: now(), exp: now() + 300 });
  try {
    return (await client.finishSignIn({ handle })).session.account;
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

test('a command is signed in by an ID token as it should be', async () => {
  expect(await goThereByDevice((claims) => answered(sign(key, header, claims)))).toBe(
    `oidc:${issuer.url}#dana`,
  );
});

test.each(hostile.filter(([what]) => !what.includes('nonce')))(
  'no command is signed in by %s',
  async (_what, answer) => {
    expect(['sign_in_failed', 'unavailable']).toContain(await goThereByDevice(answer));
  },
);
