/** What a policy file says of an `http` connection, read once. */
import { BlockList } from 'node:net';
import { CountersignError } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';

/** How the gateway authenticates. Holds credentials: never logged, never in an error. */
export type HttpAuth =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'header';
      readonly name: string;
      readonly value: string;
      readonly secrets: readonly string[];
    }
  | {
      readonly kind: 'oauth2';
      readonly tokenUrl: URL;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'mtls'; readonly cert: string; readonly key: string; readonly ca: string | null };

export interface HttpSettings {
  readonly name: string;
  readonly origin: URL;
  /** What every path goes below; empty, or begins with a slash and ends without one. */
  readonly basePath: string;
  readonly auth: HttpAuth;
  /** The credential's name, for people: `bearer`, `header x-api-key`. */
  readonly authName: string | null;
  /** The OpenAPI document’s file; null where none is named. */
  readonly openapi: string | null;
  /** The paths where it speaks GraphQL; null where none are named. */
  readonly graphql: readonly string[] | null;
  readonly getIsRead: boolean;
  /** Addresses beside the public ones. */
  readonly allowed: BlockList;
  /** Request headers that an agent may set beside the usual ones, in lower case. */
  readonly allowHeaders: ReadonlySet<string>;
  /** Whether a body that is no text goes to the agent, as base64. */
  readonly binary: boolean;
  /** Whether a preview may read what an update is about to change. */
  readonly readsBefore: boolean;
}

/** @throws {CountersignError} `config_invalid` where the connection can't work as it is configured. */
export function readHttpSettings({ name, settings }: ConnectionConfig): HttpSettings {
  const origin = URL.parse(String(settings['base_url']));
  if (origin === null || !/^https?:$/.test(origin.protocol) || origin.hostname === '')
    throw invalid(`base_url of ${name}`, 'an http:// or https:// URL');
  const auth = readAuth(name, settings['auth']);
  return {
    name,
    origin,
    basePath: origin.pathname.replace(/\/+$/, ''),
    auth,
    authName: authName(settings['auth']),
    openapi: typeof settings['openapi'] === 'string' ? settings['openapi'] : null,
    graphql: Array.isArray(settings['graphql']) ? texts(settings['graphql']) : null,
    getIsRead: settings['get_is_read'] !== false,
    allowed: addresses(texts(settings['allow_addresses'])),
    allowHeaders: new Set(texts(settings['allow_headers']).map((header) => header.toLowerCase())),
    binary: settings['binary_bodies'] === true,
    readsBefore: settings['preview'] === 'current',
  };
}

function readAuth(name: string, given: unknown): HttpAuth {
  if (given === undefined) return { kind: 'none' };
  const { bearer, basic, header, oauth2, mtls } = given as Readonly<Record<string, unknown>>;
  if (bearer !== undefined) return sent(name, 'authorization', `Bearer ${text(bearer)}`, [text(bearer)]);
  if (basic !== undefined) {
    const { username, password = '' } = basic as Readonly<Record<string, unknown>>;
    const pair = Buffer.from(`${text(username)}:${text(password)}`).toString('base64');
    return sent(name, 'authorization', `Basic ${pair}`, [pair, text(password)]);
  }
  if (header !== undefined) {
    const { name: field, value } = header as Readonly<Record<string, unknown>>;
    const bare = text(value).replace(/^[A-Za-z-]{1,20} /, '');
    return sent(name, text(field).toLowerCase(), text(value), [text(value), bare]);
  }
  if (oauth2 !== undefined) {
    const {
      token_url: url,
      client_id: id,
      client_secret: secret,
      scopes,
    } = oauth2 as Readonly<Record<string, unknown>>;
    const tokenUrl = URL.parse(text(url));
    if (tokenUrl === null || !/^https?:$/.test(tokenUrl.protocol))
      throw invalid(`token_url of ${name}`, 'an http:// or https:// URL');
    return {
      kind: 'oauth2',
      tokenUrl,
      clientId: text(id),
      clientSecret: text(secret),
      scopes: texts(scopes),
    };
  }
  const { cert, key, ca } = mtls as Readonly<Record<string, unknown>>;
  return { kind: 'mtls', cert: text(cert), key: text(key), ca: ca === undefined ? null : text(ca) };
}

/** A credential that would end its header, or could not be sent at all, is found at load. */
function sent(name: string, field: string, value: string, secrets: readonly string[]): HttpAuth {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(field))
    throw invalid(`the header of ${name}’s auth`, 'the name of a header');
  if (!/^[\x20-\x7e\t]+$/.test(value))
    throw invalid(`the credential of ${name}`, 'printable ASCII, in one line');
  return { kind: 'header', name: field, value, secrets: secrets.filter((secret) => secret !== '') };
}

function authName(given: unknown): string | null {
  if (given === undefined) return null;
  const [scheme = ''] = Object.keys(given as object);
  const { header } = given as { readonly header?: { readonly name?: unknown } };
  return header === undefined ? scheme : `header ${String(header.name).toLowerCase()}`;
}

function addresses(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);
const invalid = (what: string, expected: string) =>
  new CountersignError('config_invalid', { what, expected });
