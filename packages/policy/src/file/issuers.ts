/** `identity.issuers:` identity providers, how their tokens become agents, and how people sign in there. */
import {
  type AccessTokens,
  type ClientConfig,
  type Issuer,
  type SignIn,
  tokenAlgorithms,
  tokenTypes,
} from '../identity.ts';
import { checkName } from './people.ts';
import { described, list, object, oneOf, type Read, reader, record, text, textLike } from './read.ts';
import type { Report } from './report.ts';
import type { Position, Tree } from './tree.ts';
import { duration, minute, second } from './units.ts';
import { type Environment, fill, type Surroundings, secret } from './variables.ts';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** An address that is asked, or led to: https, or plain http on this machine. */
export function secureUrl(env: Environment, what: string): Read<URL> {
  const read = fill(env, what);
  return reader(read.schema, (tree, report) => {
    const value = read(tree, report);
    if (value === undefined) return undefined;
    const url = URL.parse(value);
    const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
    if (url !== null && secure && url.username === '' && url.password === '' && !/[?#\s\\]/.test(value))
      return url;
    report.problem(tree.at, `this is not ${what}`, {
      expected: 'https://HOST without user, query and fragment; http:// on this machine only',
    });
    return undefined;
  });
}

/** What `iss` says is compared letter by letter, so that it stays as it is written. */
function issuerUrl(env: Environment): Read<string> {
  const written = fill(env, 'an issuer, https://…');
  const url = secureUrl(env, 'an issuer');
  return reader(written.schema, (tree, report) =>
    url(tree, report) === undefined ? undefined : written(tree, report),
  );
}

const claim = text('a claim, or a way to one as in realm_access.roles', 200);

const client = object('a client', {
  name: described(
    textLike('a name like support-bot', /^[a-z0-9][a-z0-9_.-]{0,63}$/),
    'What it is called here. Left out: what it is called there, `@`, and the name of the issuer.',
  ),
  owner: described(text('an entry under people'), 'The human who answers for it: an entry under `people`.'),
});

const clients: Read<ReadonlyMap<string, ClientConfig>> = record(
  'clients',
  client.schema,
  (_name, _at, value, report) => {
    const read = client(value, report);
    return read && { name: read.name ?? null, owner: read.owner ?? null };
  },
);

const tokens = object(
  'tokens',
  {
    audience: described(
      text('an audience'),
      'What `aud` has to hold: what your provider calls this gateway.',
    ),
    client: described(
      claim,
      'The claim that says which client it is: `azp` at Entra and Keycloak, `cid` at Okta.',
      'client_id',
    ),
    clients: described(clients, 'By what that claim says.'),
    class: described(oneOf(['agent', 'service'] as const), 'What such clients are.', 'agent'),
    owner: described(
      claim,
      'The claim that says who answers for it: the name of an entry under `people`, or a subject of this issuer. Without it, `clients` says so; a client without an owner is refused.',
    ),
    groups: described(claim, 'The claim with its groups, as rules name them.', 'groups'),
    algorithms: described(
      list('algorithms', oneOf(tokenAlgorithms)),
      'How its tokens may be signed. Left out: RS256, PS256, ES256, EdDSA.',
    ),
    types: described(
      list('types', oneOf(tokenTypes)),
      'What `typ` its tokens may have; `none`: they have none. Left out: `at+jwt`, of RFC 9068.',
    ),
    clock_skew: described(duration(5 * minute, '5m'), 'By how much its clock may be off.', '30s'),
  },
  ['audience'],
);

const signInReader = (env: Environment) =>
  object(
    'sign_in',
    {
      client_id: described(fill(env, 'a client id'), 'What the provider calls this gateway as a client.'),
      client_secret: described(secret(env, 'the client secret'), 'Left out for a public client.'),
      device: described(
        object(
          'device',
          {
            client_id: described(fill(env, 'a client id'), 'What the provider calls it.'),
            client_secret: described(secret(env, 'the client secret'), 'Left out for a public client.'),
          },
          ['client_id'],
        ),
        'The client of `countersign login`, where the provider wants one of its own for the device flow.',
      ),
      scopes: described(
        list('scopes', textLike('a scope', /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/)),
        'What is asked for; `openid` is among it in any case.',
      ),
      groups: described(claim, 'The claim of the ID token with their groups.', 'groups'),
    },
    ['client_id'],
  );

export function issuersReader({ env }: Surroundings): Read<ReadonlyMap<string, Issuer>> {
  const readIssuer = object(
    'an issuer',
    {
      issuer: described(
        issuerUrl(env),
        'Letter by letter what `iss` says. Its keys and addresses are found from there, at `/.well-known/openid-configuration`.',
      ),
      tokens: described(tokens, 'How its access tokens, which are JWTs, become agents and services.'),
      sign_in: described(signInReader(env), 'How people sign in.'),
    },
    ['issuer'],
  );
  return reader({ type: 'object', additionalProperties: readIssuer.schema }, (tree, report) => {
    const seen = new Seen(report);
    const byName = record('issuers', readIssuer.schema, (name, at, value) => {
      const read = readIssuer(value, report);
      if (!checkIssuerName(name, at, report) || read?.issuer === undefined) return undefined;
      const issuer: Issuer = {
        name,
        issuer: read.issuer,
        tokens: read.tokens === undefined ? null : accessTokens(read.tokens),
        signIn: read.sign_in === undefined ? null : signInOf(read.sign_in),
      };
      seen.add(issuer, at, value);
      return issuer;
    })(tree, report);
    return byName && new Map([...byName.values()].map((issuer) => [issuer.issuer, issuer]));
  });
}

/** It stands behind `@` in the names of its clients. */
function checkIssuerName(name: string, at: Position, report: Report): boolean {
  if (!checkName('an issuer', name, at, report)) return false;
  if (!name.includes('@')) return true;
  report.problem(at, `"${name}" can't be the name of an issuer`, { expected: 'a name without @' });
  return false;
}

type Given<R> = R extends Read<infer T> ? T : never;

function accessTokens(given: Given<typeof tokens>): AccessTokens {
  return {
    audience: given.audience ?? '',
    algorithms: given.algorithms ?? ['RS256', 'PS256', 'ES256', 'EdDSA'],
    types: given.types ?? ['at+jwt'],
    clockSkewMs: given.clock_skew ?? 30 * second,
    class: given.class ?? 'agent',
    client: given.client ?? 'client_id',
    groups: given.groups ?? 'groups',
    owner: given.owner ?? null,
    clients: given.clients ?? new Map(),
  };
}

function signInOf(given: Given<ReturnType<typeof signInReader>>): SignIn {
  const browsers = { clientId: given.client_id ?? '', clientSecret: given.client_secret ?? null };
  const { device } = given;
  return {
    ...browsers,
    device:
      device === undefined
        ? browsers
        : { clientId: device.client_id ?? '', clientSecret: device.client_secret ?? null },
    scopes: [...new Set(['openid', ...(given.scopes ?? [])])],
    groups: given.groups ?? 'groups',
  };
}

/** What must not be twice, or the same: whoever holds one thing would be taken for another. */
class Seen {
  readonly #report: Report;
  readonly #issuers = new Map<string, string>();
  readonly #clients = new Map<string, string>();

  constructor(report: Report) {
    this.#report = report;
  }

  add({ name, issuer, tokens: taken, signIn }: Issuer, at: Position, tree: Tree): void {
    const other = this.#issuers.get(issuer);
    if (other !== undefined) this.#report.problem(at, `${name} has the issuer of ${other}`);
    this.#issuers.set(issuer, name);
    if (taken === null && signIn === null)
      this.#report.problem(tree.at, `nothing is taken from ${name}`, {
        expected: 'tokens, sign_in, or both',
      });
    if (taken !== null && [signIn?.clientId, signIn?.device.clientId].includes(taken.audience))
      this.#report.problem(tree.at, 'the audience of access tokens is that of ID tokens', {
        expected: 'an audience that is not the client_id of sign_in',
      });
    for (const { name: client } of taken?.clients.values() ?? []) {
      if (client === null) continue;
      const holder = this.#clients.get(client);
      if (holder !== undefined) this.#report.problem(at, `two clients are named ${client}`);
      this.#clients.set(client, name);
    }
  }
}
