/** `connections:` each with the keys of its protocol. */
import { isIP } from 'node:net';
import { type ProtocolName, protocolNames } from '@countersign/core';
import type { ConnectionConfig, Limits } from '../policy.ts';
import { connectionLimits } from './limits.ts';
import { checkName } from './people.ts';
import {
  described,
  flag,
  list,
  object,
  oneOf,
  type Read,
  reader,
  record,
  text,
  textLike,
  wrongKind,
} from './read.ts';
import type { Report } from './report.ts';
import type { Schema } from './schema.ts';
import { labels } from './scope.ts';
import type { Tree } from './tree.ts';
import { duration, second } from './units.ts';
import { credentialUrl, type Environment, fill, path, type Surroundings, secret } from './variables.ts';

type Settings = Readonly<Record<string, unknown>>;

const previewWays = ['estimate', 'trial'] as const;
const preview = oneOf(previewWays);

const functionName = textLike(
  'a function as effects name it: SCHEMA.NAME(TYPES)',
  /^[^\s:*()]+\.[^\s:*()]+\([^\s:*()]*\)$/,
);

const protocolReader = oneOf(protocolNames);
const protocols: Readonly<Record<ProtocolName, string>> = {
  postgres: 'PostgreSQL 15 to 18.',
  http: 'An HTTP API.',
  kubernetes: 'A Kubernetes cluster, by kubectl.',
};

/** Reads the common keys, hands the rest to the protocol. */
export function connectionsReader(
  around: Surroundings,
  limits: Limits,
): Read<ReadonlyMap<string, ConnectionConfig>> {
  const readLimits = connectionLimits(limits);
  const common = (protocol: ProtocolName) => ({
    protocol: described(
      reader({ ...protocolReader.schema, enum: [protocol] }, protocolReader),
      protocols[protocol],
    ),
    labels: described(labels, 'Words of your own, which rules and masks can name.'),
    limits: described(readLimits, 'In place of the limits of the file, for this connection.'),
    throwaway: described(flag, 'Whether `countersign run --as` may use it: made to be thrown away.', false),
  });
  const byProtocol = {
    postgres: object('a postgres connection', { ...common('postgres'), ...postgres(around.env) }, [
      'protocol',
    ]),
    http: object('an http connection', { ...common('http'), ...http(around) }, ['protocol', 'base_url']),
    kubernetes: object('a kubernetes connection', { ...common('kubernetes'), ...kubernetes(around) }, [
      'protocol',
    ]),
  };
  const entry: Schema = { anyOf: protocolNames.map((protocol) => byProtocol[protocol].schema) };
  return record('connections', entry, (name, at, value, report) => {
    const named = checkName('a connection', name, at, report);
    const protocol = protocolOf(value, report);
    if (protocol === undefined) return undefined;
    const read = byProtocol[protocol](value, report);
    if (read === undefined || !named) return undefined;
    const { protocol: _, labels: readLabels, limits: ownLimits, throwaway, ...settings } = read;
    if (protocol === 'postgres') checkLogins(value, report);
    return {
      name,
      protocol,
      labels: Object.fromEntries(readLabels ?? []),
      limits: ownLimits ?? limits,
      throwaway: throwaway ?? false,
      settings,
    };
  });
}

function protocolOf(tree: Tree, report: Report): ProtocolName | undefined {
  if (tree.kind !== 'map') return wrongKind(tree, report, 'a connection: a mapping with a protocol');
  const entry = tree.entries.get('protocol');
  if (entry !== undefined) return protocolReader(entry.value, report);
  report.problem(tree.at, 'a connection has no "protocol"', {
    expected: `protocol: ${protocolNames.join(', ')}`,
  });
  return undefined;
}

function postgres(env: Environment) {
  const url = postgresUrl(env);
  return {
    url: described(
      url,
      'One login for everything. Either this or `logins`; a password comes from a variable.',
    ),
    logins: described(
      object(
        'logins',
        {
          wall: described(
            url,
            'For reads that are proven free of masked columns: a role that can neither write nor read what masks hide, so that the database refuses what the analysis might miss.',
          ),
          read: described(url, 'For all other reads: a role that can’t write. Left out: `write`.'),
          write: described(url, 'For everything else.'),
        },
        ['write'],
      ),
      'A role for each purpose, in place of `url`.',
    ),
    preview: described(
      preview,
      'What the card of a write shows of its impact. `trial`: the write is run and rolled back, where all of it is known to be undone by that; what was seen is what is committed, or nothing is.',
      'estimate',
    ),
    trial_timeout: described(duration(30 * second, '30s'), 'How long a trial may hold its locks.', '500ms'),
    undone_by_rollback: described(
      list('functions', functionName),
      'Functions that somebody has read, and of which a rollback leaves nothing: `public.audit()`. A trial runs them, and triggers that call them; any other function of your own keeps a call from being tried.',
    ),
  };
}

function postgresUrl(env: Environment): Read<string> {
  const read = credentialUrl(env, 'a postgres:// URL');
  return reader(read.schema, (tree, report) => {
    const url = read(tree, report);
    if (url === undefined || /^postgres(?:ql)?:\/\/./.test(url)) return url;
    report.problem(tree.at, 'this is no PostgreSQL URL', { expected: 'postgres://USER@HOST/DATABASE' });
    return undefined;
  });
}

function checkLogins(tree: Tree, report: Report): void {
  if (tree.kind !== 'map') return;
  const given = ['url', 'logins'].filter((key) => tree.entries.has(key));
  if (given.length === 1) return;
  report.problem(
    tree.at,
    given.length === 0 ? 'a postgres connection has no "url"' : 'both "url" and "logins"',
    {
      expected: 'one of url, logins',
    },
  );
}

function http(around: Surroundings) {
  const { env } = around;
  return {
    base_url: described(baseUrl(env), 'Where every request goes; paths are below it.'),
    auth: described(authReader(around), 'How the gateway authenticates: one of these.'),
    openapi: described(
      path(around, 'an OpenAPI document'),
      'An OpenAPI 3 document, JSON or YAML: what the API’s operations do, and which there are; any other is denied.',
    ),
    graphql: described(
      list('paths', graphQlPath),
      'Where the API speaks GraphQL, below `base_url`: what is sent there is judged by its operations. Left out: wherever a path ends in `/graphql`.',
    ),
    get_is_read: described(flag, 'False for a server where GET changes things.', true),
    allow_addresses: described(
      list('addresses', addressRange),
      'Addresses that the name may resolve to, where they are private.',
    ),
    allow_headers: described(
      list('headers', headerName),
      'Request headers that an agent may set, beside the usual ones. None that says who asks, where it goes or how it is framed.',
    ),
    binary_bodies: described(
      flag,
      'Whether a body that is no text goes to the agent, as base64. No mask looks into it; else it is withheld.',
      false,
    ),
    preview: described(
      oneOf(['request', 'current'] as const),
      'What the card of a PUT, PATCH or DELETE shows. `current`: the gateway reads what is there first, and the request is sent only where it still is what was seen.',
      'request',
    ),
  };
}

const graphQlPath = textLike('a path like /graphql', /^\/[^\s?#]{0,500}$/);
const headerName = textLike('the name of a header', /^[A-Za-z0-9-]{1,60}$/);

const addressText = text('an IP address, or a range like 10.0.0.0/8', 60);
export const addressRange: Read<string> = reader(addressText.schema, (tree, report) => {
  const expected = 'an IP address, or a range like 10.0.0.0/8';
  const value = addressText(tree, report);
  if (value === undefined) return undefined;
  const [, address = '', bits = '0'] = /^([0-9a-fA-F:.]+)(?:\/([0-9]{1,3}))?$/.exec(value) ?? [];
  const family = isIP(address);
  if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) return value;
  report.problem(tree.at, `"${value}" is no address`, { expected });
  return undefined;
});

function baseUrl(env: Environment): Read<string> {
  const read = credentialUrl(env, 'an http:// or https:// URL');
  return reader(read.schema, (tree, report) => {
    const value = read(tree, report);
    if (value === undefined) return undefined;
    const url = URL.parse(value);
    const plain = url !== null && url.username === '' && url.password === '' && !/[?#\s\\]/.test(value);
    if (plain && /^https?:$/.test(url.protocol)) return value;
    report.problem(tree.at, 'this is no base URL', {
      expected: 'http(s)://HOST/PATH without user, query and fragment; credentials go under auth',
    });
    return undefined;
  });
}

const schemes = ['bearer', 'basic', 'header', 'oauth2', 'mtls'] as const;

function authReader(around: Surroundings): Read<Settings> {
  const { env } = around;
  const read = object('auth', {
    bearer: described(secret(env, 'the bearer token'), 'Sent as `Authorization: Bearer …`.'),
    basic: described(
      object('basic', { username: fill(env, 'the user name'), password: secret(env, 'the password') }, [
        'username',
        'password',
      ]),
      'Sent as `Authorization: Basic …`.',
    ),
    header: described(
      object(
        'header',
        { name: fill(env, 'the name of a header'), value: secret(env, 'the value of the header') },
        ['name', 'value'],
      ),
      'Sent as a header of this name.',
    ),
    oauth2: described(
      object(
        'oauth2',
        {
          token_url: credentialUrl(env, 'the token URL'),
          client_id: fill(env, 'the client id'),
          client_secret: secret(env, 'the client secret'),
          scopes: list('scopes', text('a scope')),
        },
        ['token_url', 'client_id', 'client_secret'],
      ),
      'Client credentials, fetched and renewed by the gateway.',
    ),
    mtls: described(
      object(
        'mtls',
        {
          cert: path(around, 'the certificate file'),
          key: path(around, 'the key file'),
          ca: path(around, 'the CA file'),
        },
        ['cert', 'key'],
      ),
      'A certificate of the gateway’s own, PEM.',
    ),
  });
  const one: Schema = { ...read.schema, minProperties: 1, maxProperties: 1 };
  return reader(one, (tree, report) => {
    const auth = read(tree, report);
    if (tree.kind === 'map' && tree.entries.size !== 1)
      report.problem(tree.at, `${tree.entries.size} ways to authenticate`, {
        expected: `one of ${schemes.join(', ')}`,
      });
    return auth;
  });
}

function kubernetes(around: Surroundings) {
  return {
    kubeconfig: described(
      path(around, 'the kubeconfig file'),
      'The cluster and how to reach it: the file’s current context. Left out: the cluster that the gateway itself runs in, by its pod’s service account.',
    ),
    unconfined: described(
      flag,
      'Whether kubectl may run as the gateway’s own user, where the gateway is not root.',
      false,
    ),
    preview: described(
      preview,
      'What the card of a write shows. `estimate`: the objects that it is about. `trial`: what the API server would keep, too, by a dry run, of which admission webhooks hear.',
      'estimate',
    ),
  };
}
