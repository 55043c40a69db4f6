import { describe, expect, test } from '@jest/globals';
import { votingHuman } from '../decide/people.ts';
import { parsePolicyFile } from './parse-policy-file.ts';
import { PolicyFileError } from './report.ts';

const load = (identity: string, server = '') =>
  parsePolicyFile(`version: 1\n${server}\nidentity:\n${identity}`, {
    file: 'countersign.yaml',
    env: { SECRET: 's3cret' },
    directory: '/d',
  });

const issuer = 'issuer: https://login.example.com';
const taken = '{ audience: countersign }';

test('what is left out has a value: pinned algorithms, the type of RFC 9068, a skew of 30 s, openid', () => {
  const { policy } = load(
    `  issuers: { company: { ${issuer}, tokens: ${taken}, sign_in: { client_id: c, client_secret: "\${SECRET}" } } }`,
  );
  expect(policy.identity.issuers.get('https://login.example.com')).toEqual({
    name: 'company',
    issuer: 'https://login.example.com',
    tokens: {
      audience: 'countersign',
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      types: ['at+jwt'],
      clockSkewMs: 30_000,
      class: 'agent',
      client: 'client_id',
      groups: 'groups',
      owner: null,
      clients: new Map(),
    },
    signIn: {
      clientId: 'c',
      clientSecret: 's3cret',
      device: { clientId: 'c', clientSecret: 's3cret' },
      scopes: ['openid'],
      groups: 'groups',
    },
  });
});

test('roles and issuers are part of the policy’s version; a file without identity has the one it always had', () => {
  const version = (text: string) =>
    parsePolicyFile(text, { file: 'f', env: {}, directory: '/d' }).policy.version;
  expect(version('version: 1\nidentity: { roles: { auditor: [a] } }')).not.toBe(version('version: 1'));
});

describe('is refused, with its place:', () => {
  test.each([
    [
      'http to another machine',
      `  issuers: { c: { issuer: "http://login.example.com", tokens: ${taken} } }`,
      'this is not an issuer',
    ],
    [
      'an issuer with a fragment',
      `  issuers: { c: { issuer: "https://login.example.com/#x", tokens: ${taken} } }`,
      'this is not an issuer',
    ],
    [
      'an issuer with a password',
      `  issuers: { c: { issuer: "https://a:b@login.example.com", tokens: ${taken} } }`,
      'this is not an issuer',
    ],
    ['an issuer of nothing', `  issuers: { c: { ${issuer} } }`, 'nothing is taken from c'],
    [
      'one issuer twice',
      `  issuers: { c: { ${issuer}, tokens: ${taken} }, d: { ${issuer}, tokens: ${taken} } }`,
      'd has the issuer of c',
    ],
    [
      'a name with @',
      `  issuers: { "c@d": { ${issuer}, tokens: ${taken} } }`,
      `"c@d" can't be the name of an issuer`,
    ],
    ['tokens without an audience', `  issuers: { c: { ${issuer}, tokens: {} } }`, 'tokens has no "audience"'],
    [
      'ID tokens as access tokens',
      `  issuers: { c: { ${issuer}, tokens: { audience: x }, sign_in: { client_id: x } } }`,
      'the audience of access tokens is that of ID tokens',
    ],
    [
      'those of the device flow, too',
      `  issuers: { c: { ${issuer}, tokens: { audience: x }, sign_in: { client_id: y, device: { client_id: x } } } }`,
      'the audience of access tokens is that of ID tokens',
    ],
    [
      'a secret that is written out',
      `  issuers: { c: { ${issuer}, sign_in: { client_id: x, client_secret: hunter2 } } }`,
      'the client secret is written out in the file',
    ],
    [
      'a key that both sides know',
      `  issuers: { c: { ${issuer}, tokens: { audience: x, algorithms: [HS256] } } }`,
      '"HS256" is not known here',
    ],
    [
      'no algorithm at all',
      `  issuers: { c: { ${issuer}, tokens: { audience: x, algorithms: [none] } } }`,
      '"none" is not known here',
    ],
    [
      'clocks that are off by an hour',
      `  issuers: { c: { ${issuer}, tokens: { audience: x, clock_skew: 1h } } }`,
      '"1h" is out of range',
    ],
    [
      'a name like those of another issuer’s clients',
      `  issuers: { c: { ${issuer}, tokens: { audience: x, clients: { a: { name: "bot@d" } } } } }`,
      '"bot@d" has another form',
    ],
    [
      'two clients of one name',
      `  issuers: { c: { ${issuer}, tokens: { audience: x, clients: { a: { name: n }, b: { name: n } } } } }`,
      'two clients are named n',
    ],
    [
      'a public address with a path',
      '  public_url: https://countersign.example/console',
      'the gateway’s address has a path',
    ],
    [
      'a public address by http',
      '  public_url: http://countersign.example',
      'this is not an address of the gateway',
    ],
  ])('%s', (_what, identity, message) => {
    let problems: readonly { message: string }[] = [];
    try {
      load(identity);
    } catch (thrown) {
      if (thrown instanceof PolicyFileError) ({ problems } = thrown);
    }
    expect(problems.map((one) => one.message)).toEqual([expect.stringContaining(message)]);
  });

  test('people who sign in at an address that other machines reach and nobody named', () => {
    const signIn = `  issuers: { c: { ${issuer}, sign_in: { client_id: x } } }`;
    const server = 'server: { listen: 0.0.0.0:7400, tls: { cert: a, key: b } }';
    expect(() => load(signIn, server)).toThrow('where browsers reach the gateway is not said');
    expect(load(`  public_url: https://c.example\n${signIn}`, server).policy.identity.publicUrl).toBe(
      'https://c.example',
    );
  });
});

test('an issuer that left the file vouches for no one, nor for accounts of nobody where they may vote', () => {
  const { policy } = load(`  issuers: { company: { ${issuer}, tokens: ${taken} } }
people: { unmapped_may_vote: true }`);
  const human = (account: string) =>
    votingHuman(policy, {
      class: 'person',
      id: 'person:x',
      name: 'x',
      groups: ['dba'],
      account,
      owner: null,
      onBehalfOf: null,
    });
  expect(human('oidc:https://login.example.com#x')).toEqual({
    name: 'oidc:https://login.example.com#x',
    groups: ['dba'],
  });
  expect(human('oidc:https://gone.example.com#x')).toBeNull();
});

test('warns of a client whose owner is nobody, and of accounts that no issuer vouches for', () => {
  const { warnings } =
    load(`  issuers: { company: { ${issuer}, tokens: { audience: x, clients: { bot: { owner: nobody } } } } }
people:
  dana: { accounts: ["oidc:https://login.example.com#1", "oidc:https://login.example.com/#1", "oidc:dana"] }`);
  expect(warnings).toEqual([
    expect.stringContaining('the owner of bot, nobody, is nobody under people'),
    expect.stringContaining('the account oidc:https://login.example.com/#1 of dana is of no issuer'),
    expect.stringContaining('the account oidc:dana of dana is of no issuer'),
  ]);
});
