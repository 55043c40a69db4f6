import { inspectIssuer } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { people, startWorld, type World } from './harness.ts';
import { type Forms, hostileKinds, tokenForms } from './hostile-tokens.ts';
import { type SigningKey, sign, signingKey, startIssuer, type TestIssuer } from './issuer.ts';

let world: World;
let issuer: TestIssuer;
let other: TestIssuer;
let rsa: SigningKey;
let ec: SigningKey;
let stranger: SigningKey;

const now = () => Math.floor(Date.now() / 1000);
const without = (from: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));

const policyFor = (base: string, more: string) => `version: 1
identity:
  issuers:
    company:
      issuer: ${base}
      tokens:
        audience: countersign
        owner: owned_by
        groups: realm_access.roles
        clients:
          "0oaX Y": { name: named-here, owner: sam }
          no-owner: { owner: nobody }
    plain: ${more}
${people.replace('["local:olivia"]', `["local:olivia", "oidc:${base}#user-olivia"]`)}
`;

beforeAll(async () => {
  [rsa, ec, stranger] = await Promise.all([
    signingKey('rsa-1'),
    signingKey('ec-1', 'ES256'),
    signingKey('rsa-1'),
  ]);
  issuer = await startIssuer([rsa, ec]);
  other = await startIssuer([stranger]);
  const plain = `{ issuer: "${other.url}", tokens: { audience: countersign, types: [JWT, none], client: azp, clients: { app: { owner: dana } } } }`;
  world = await startWorld(policyFor(issuer.url, plain), {
    rateLimits: { perStranger: 1_000_000 },
  });
  ({ header, claims, refused } = tokenForms({ rsa, ec, stranger, issuer: issuer.url, other: other.url }));
});
afterAll(async () => {
  await world.close();
  await issuer.close();
  await other.close();
});

let header: Forms['header'];
let claims: Forms['claims'];
let refused: Forms['refused'];

interface Seen {
  readonly status: number;
  readonly code?: string;
  readonly id?: string;
  readonly on_behalf_of?: string | null;
}

async function present(token: string): Promise<Seen> {
  const answer = await fetch(`${world.gateway.url}/v1/principal`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = (await answer.json()) as {
    error?: { code: string };
    id?: string;
    on_behalf_of?: string | null;
  };
  return answer.ok
    ? { status: answer.status, id: body.id ?? '', on_behalf_of: body.on_behalf_of ?? null }
    : { status: answer.status, code: body.error?.code ?? '' };
}

test('a token of a configured issuer says who asks, in which groups, and who answers for it', async () => {
  expect(await present(sign(rsa, header(), claims()))).toEqual({
    status: 200,
    id: 'agent:support@company',
    on_behalf_of: null,
  });
});

describe('is taken:', () => {
  const rows: readonly (readonly [string, () => string, Partial<Seen>])[] = [
    ['of another pinned algorithm', () => sign(ec, header({ alg: 'ES256', kid: 'ec-1' }), claims()), {}],
    ['with its audience among others', () => sign(rsa, header(), claims({ aud: ['x', 'countersign'] })), {}],
    ['with the long form of its type', () => sign(rsa, header({ typ: 'application/at+jwt' }), claims()), {}],
    ['expired within the skew of clocks', () => sign(rsa, header(), claims({ exp: now() - 20 })), {}],
    [
      'issued within the skew of clocks',
      () => sign(rsa, header(), claims({ iat: now() + 20, nbf: now() + 20 })),
      {},
    ],
    [
      'without a kid, where one key fits',
      () => sign(ec, without(header({ alg: 'ES256' }), 'kid'), claims()),
      {},
    ],
    [
      'of a client named in the file',
      () => sign(rsa, header(), claims({ client_id: '0oaX Y', owned_by: 'nobody' })),
      { id: 'agent:named-here' },
    ],
    [
      'whose owner is a subject of its issuer',
      () => sign(rsa, header(), claims({ owned_by: 'user-olivia' })),
      {},
    ],
    ['without groups', () => sign(rsa, header(), without(claims(), 'realm_access')), {}],
    [
      'used for a person, as its subject says',
      () => sign(rsa, header(), claims({ sub: 'user-olivia' })),
      { on_behalf_of: 'olivia' },
    ],
    [
      'acting for a person (act)',
      () => sign(rsa, header(), claims({ sub: 'user-olivia', act: { sub: 'support' } })),
      { on_behalf_of: 'olivia' },
    ],
    [
      'acting for somebody unknown here',
      () => sign(rsa, header(), claims({ sub: 'x', act: { client_id: 'support', sub: 'y' } })),
      { on_behalf_of: `oidc:ISS#x` },
    ],
    [
      'acting through others, who don’t count',
      () =>
        sign(rsa, header(), claims({ sub: 'user-olivia', act: { sub: 'support', act: { sub: 'earlier' } } })),
      { on_behalf_of: 'olivia' },
    ],
    [
      'of an issuer whose tokens have no type',
      () => sign(stranger, { alg: 'RS256', kid: 'rsa-1' }, claims({ iss: other.url, azp: 'app' })),
      { id: 'agent:app@plain' },
    ],
  ];
  test.each(rows)('a token %s', async (_what, token, expected) => {
    const { on_behalf_of = null, ...more } = expected;
    expect(await present(token())).toEqual({
      status: 200,
      id: 'agent:support@company',
      on_behalf_of: on_behalf_of?.replace('ISS', issuer.url) ?? null,
      ...more,
    });
  });
});

describe('never 25: a token is refused for', () => {
  test.each(hostileKinds)('%s', async (what) => {
    const rows = refused[what]();
    const seen = [];
    for (const [how, token] of rows) {
      const { status, code = 'taken' } = await present(token());
      if (status !== 401 || !['unauthenticated', 'token_refused'].includes(code))
        seen.push([how, status, code]);
    }
    expect(rows.length).toBeGreaterThan(10);
    expect(seen).toEqual([]);
  });

  test('what is said above, several hundred times', () => {
    expect(Object.values(refused).flatMap((rows) => rows()).length).toBeGreaterThan(400);
  });
});

describe('keys', () => {
  test('that an issuer begins to use are fetched; names that nobody published have it asked once, however many come', async () => {
    const fresh = await startIssuer([rsa]);
    const next = await signingKey('rsa-next');
    const own = await startWorld(
      policyFor(fresh.url, `{ issuer: "${other.url}", tokens: { audience: x } }`),
      {
        rateLimits: { perStranger: 1_000_000 },
      },
    );
    const ask = async (token: string) =>
      (await fetch(`${own.gateway.url}/v1/principal`, { headers: { authorization: `Bearer ${token}` } }))
        .status;
    const by = (key: SigningKey, more: object = {}) =>
      sign(key, header({ kid: key.kid, ...more }), claims({ iss: fresh.url }));
    expect(await ask(by(rsa))).toBe(200);
    for (let n = 0; n < 20; n++) expect(await ask(by(rsa, { kid: `guess-${n}` }))).toBe(401);
    expect(fresh.fetched()).toBe(1);
    fresh.keys = [next];
    const later = Date.now;
    Date.now = () => later() + 31_000;
    try {
      // A stranger has the issuer asked while it is away: what is known of it goes on to serve.
      fresh.down = true;
      expect(await ask(by(rsa, { kid: 'guess-21' }))).toBe(503);
      own.later(1000);
      expect(await ask(by(rsa))).toBe(200);
      fresh.down = false;
      own.later(6000);
      expect(await ask(by(next))).toBe(200);
      expect(await ask(by(rsa))).toBe(401);
    } finally {
      Date.now = later;
    }
    expect(fresh.fetched()).toBe(2);
    await own.close();
    await fresh.close();
  });

  test('that can’t be had deny, and say that it is not the token', async () => {
    const down = await startIssuer([rsa]);
    down.down = true;
    const own = await startWorld(policyFor(down.url, `{ issuer: "${other.url}", tokens: { audience: x } }`));
    const token = sign(rsa, header(), claims({ iss: down.url }));
    const ask = () => own.client(token).getPrincipal();
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    down.down = false;
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    for (const document of [
      { issuer: other.url },
      { issuer: `${down.url}/` },
      { jwks_uri: 'file:///etc/passwd' },
      { jwks_uri: 'http://login.example.com/jwks' },
      { jwks_uri: `${down.url}/elsewhere` },
      { jwks_uri: null },
    ]) {
      down.document = document;
      own.later(6000);
      await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    }
    down.document = {};
    own.later(6000);
    expect(await ask()).toMatchObject({ id: 'agent:support@company' });
    await own.rewrite(`version: 1\n${people}`);
    await expect(ask()).rejects.toMatchObject({ code: 'unauthenticated' });
    await own.close();
    await down.close();
  });
});

test('doctor tells what is wrong with an issuer: not there, another than it says, without keys; and where to lead back to', async () => {
  const looked = await startIssuer([rsa]);
  const look = async () => {
    const signIn = 'sign_in: { client_id: c }';
    const text = `version: 1\nidentity: { issuers: { company: { issuer: "${looked.url}", ${signIn} } } }`;
    const { policy } = parsePolicyFile(text, { file: 'f', env: {}, directory: '/' });
    const [found] = policy.identity.issuers.values();
    if (found === undefined) throw new Error('no issuer');
    const findings = await inspectIssuer(found, 'https://gw.example', AbortSignal.timeout(5000));
    return findings.map(({ name, verdict, what }) => `${verdict} ${name}: ${what}`);
  };
  expect(await look()).toEqual([
    'ok issuer.document: it is found, and is who it says',
    'ok issuer.keys: its keys are there: 1',
    'ok issuer.sign_in: it has to lead people back to https://gw.example/auth/callback/company',
    'ok issuer.pkce: it takes PKCE with S256',
    'ok issuer.device: it has a device flow, for `countersign login`',
  ]);
  looked.document = { issuer: `${looked.url}/` };
  expect(await look()).toEqual([`problem issuer.name: it calls itself ${looked.url}/`]);
  looked.document = { device_authorization_endpoint: undefined, code_challenge_methods_supported: ['plain'] };
  looked.keys = [];
  expect((await look()).filter((line) => !line.startsWith('ok'))).toEqual([
    'problem issuer.keys: its keys can’t be fetched',
    'warning issuer.pkce: it does not say that it takes PKCE with S256',
    'warning issuer.device: it has no device flow: `countersign login` does not work',
  ]);
  looked.down = true;
  expect(await look()).toEqual([expect.stringMatching(/^problem issuer.document: it can’t be reached/)]);
  await looked.close();
});

test('nobody is given a token of the gateway’s own under the name of an issuer’s client', async () => {
  await expect(world.mint({ class: 'agent', name: 'support@company', owner: 'dana' })).rejects.toMatchObject({
    code: 'malformed',
    message: expect.stringContaining('end in @company'),
  });
});
