/** `connections:` each with the keys of its protocol. */
import { isIP } from 'node:net';
import { type ProtocolName, protocolNames } from '@countersign/core';
import type { ConnectionConfig, Limits } from '../policy.ts';
import { connectionLimits } from './limits.ts';
import { checkName } from './people.ts';
import { flag, list, object, oneOf, type Read, record, text, wrongKind } from './read.ts';
import type { Report } from './report.ts';
import { labels } from './scope.ts';
import type { Tree } from './tree.ts';
import { duration, second } from './units.ts';
import { credentialUrl, type Environment, fill, path, type Surroundings, secret } from './variables.ts';

type Settings = Readonly<Record<string, unknown>>;

const previewWays = ['estimate', 'trial'] as const;
const readPreview = oneOf(previewWays);

/** A trial shows more than an estimate and lets nothing through that an estimate would not: it may be asked for already. */
const preview: Read<(typeof previewWays)[number]> = (tree, report) => {
  const way = readPreview(tree, report);
  if (way === 'trial') report.warning(tree.at, 'preview: trial is not supported yet; an estimate is shown');
  return way;
};

/** Reads the common keys, hands the rest to the protocol. */
export function connectionsReader(
  around: Surroundings,
  limits: Limits,
): Read<ReadonlyMap<string, ConnectionConfig>> {
  const readLimits = connectionLimits(limits);
  const common = { protocol: oneOf(protocolNames), labels, limits: readLimits, throwaway: flag };
  const byProtocol = {
    postgres: object('a postgres connection', { ...common, ...postgres(around.env) }, ['protocol']),
    http: object('an http connection', { ...common, ...http(around) }, ['protocol', 'base_url']),
    kubernetes: object('a kubernetes connection', { ...common, ...kubernetes(around) }, [
      'protocol',
      'kubeconfig',
    ]),
  };
  return record('connections', (name, at, value, report) => {
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
  if (entry !== undefined) return oneOf(protocolNames)(entry.value, report);
  report.problem(tree.at, 'a connection has no "protocol"', {
    expected: `protocol: ${protocolNames.join(', ')}`,
  });
  return undefined;
}

function postgres(env: Environment) {
  const url = postgresUrl(env);
  return {
    url,
    logins: object('logins', { wall: url, read: url, write: url }, ['write']),
    preview,
    trial_timeout: duration(30 * second, '30s'),
  };
}

function postgresUrl(env: Environment): Read<string> {
  const read = credentialUrl(env, 'a postgres:// URL');
  return (tree, report) => {
    const url = read(tree, report);
    if (url === undefined || /^postgres(?:ql)?:\/\/./.test(url)) return url;
    report.problem(tree.at, 'this is no PostgreSQL URL', { expected: 'postgres://USER@HOST/DATABASE' });
    return undefined;
  };
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
    base_url: baseUrl(env),
    auth: authReader(around),
    openapi: path(around, 'an OpenAPI document'),
    get_is_read: flag,
    allow_addresses: list('addresses', addressRange),
  };
}

const addressRange: Read<string> = (tree, report) => {
  const expected = 'an IP address, or a range like 10.0.0.0/8';
  const value = text(expected, 60)(tree, report);
  if (value === undefined) return undefined;
  const [, address = '', bits = '0'] = /^([0-9a-fA-F:.]+)(?:\/([0-9]{1,3}))?$/.exec(value) ?? [];
  const family = isIP(address);
  if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) return value;
  report.problem(tree.at, `"${value}" is no address`, { expected });
  return undefined;
};

function baseUrl(env: Environment): Read<string> {
  const read = credentialUrl(env, 'an http:// or https:// URL');
  return (tree, report) => {
    const value = read(tree, report);
    if (value === undefined) return undefined;
    const url = URL.parse(value);
    const plain = url !== null && url.username === '' && url.password === '' && !/[?#\s\\]/.test(value);
    if (plain && /^https?:$/.test(url.protocol)) return value;
    report.problem(tree.at, 'this is no base URL', {
      expected: 'http(s)://HOST/PATH without user, query and fragment; credentials go under auth',
    });
    return undefined;
  };
}

const schemes = ['bearer', 'basic', 'header', 'oauth2', 'mtls'] as const;

function authReader(around: Surroundings): Read<Settings> {
  const { env } = around;
  const read = object('auth', {
    bearer: secret(env, 'the bearer token'),
    basic: object('basic', { username: fill(env, 'the user name'), password: secret(env, 'the password') }, [
      'username',
      'password',
    ]),
    header: object(
      'header',
      { name: fill(env, 'the name of a header'), value: secret(env, 'the value of the header') },
      ['name', 'value'],
    ),
    oauth2: object(
      'oauth2',
      {
        token_url: credentialUrl(env, 'the token URL'),
        client_id: fill(env, 'the client id'),
        client_secret: secret(env, 'the client secret'),
        scopes: list('scopes', text('a scope')),
      },
      ['token_url', 'client_id', 'client_secret'],
    ),
    mtls: object(
      'mtls',
      {
        cert: path(around, 'the certificate file'),
        key: path(around, 'the key file'),
        ca: path(around, 'the CA file'),
      },
      ['cert', 'key'],
    ),
  });
  return (tree, report) => {
    const auth = read(tree, report);
    if (tree.kind === 'map' && tree.entries.size !== 1)
      report.problem(tree.at, `${tree.entries.size} ways to authenticate`, {
        expected: `one of ${schemes.join(', ')}`,
      });
    return auth;
  };
}

function kubernetes(around: Surroundings) {
  return { kubeconfig: path(around, 'the kubeconfig file'), unconfined: flag, preview };
}
