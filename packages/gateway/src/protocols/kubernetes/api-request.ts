/**
 * A request of the Kubernetes API, read as the API server reads it: which object, which verb. What does not fit its
 * grammar in the one canonical spelling is refused, so that nothing is read here in one way and there in another.
 */
import type { Json } from '@countersign/core';
import { readQuery } from './api-query.ts';
import { protobufType, readProtobufBody } from './protobuf-body.ts';

/** What a request does, in the API server's own words; `discover` for what tells of the API itself. */
export type ApiVerb =
  | 'discover'
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'apply'
  | 'delete'
  | 'deletecollection'
  | 'connect';

export interface ApiRequest {
  readonly method: string;
  readonly verb: ApiVerb;
  /** Path and query in their canonical spelling: what is sent on. */
  readonly path: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Empty for cluster-scoped ones; null where all namespaces are meant. */
  readonly namespace: string | null;
  readonly resource: string;
  /** Null for all of them, and for one that the server will name. */
  readonly name: string | null;
  readonly subresource: string | null;
  /** Whether the API server changes nothing, and only says what would come of it. */
  readonly dryRun: boolean;
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** What was sent, parsed, as far as it has to be known; undefined where there was no body. */
  readonly body: Json | undefined;
  /** All of it, also without escapes; empty where there was none. */
  readonly bodyText: string;
}

export interface RawRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly url: string;
  readonly contentType: string | null;
  readonly body: Buffer | null;
}

/** What a request can't be, in words for people. */
export interface Unreadable {
  readonly why: string;
}

/** Subresources that lead somewhere else with whatever is put below them. */
const elsewhere: ReadonlySet<string> = new Set(['proxy', 'portforward']);
/** Subresources that are streams, whatever the method. */
const streams: ReadonlySet<string> = new Set(['exec', 'attach']);
/** What comes third in a path below a namespace and belongs to the namespace itself. */
const ofNamespace: ReadonlySet<string> = new Set(['status', 'finalize']);

const patchTypes: ReadonlyMap<string, ApiVerb> = new Map([
  ['application/json-patch+json', 'patch'],
  ['application/merge-patch+json', 'patch'],
  ['application/strategic-merge-patch+json', 'patch'],
  ['application/apply-patch+yaml', 'apply'],
]);

/** Reads a request; what can't be read says why. */
export function readApiRequest(raw: RawRequest): ApiRequest | Unreadable {
  const [rawPath, rawQuery] = atQuestionMark(raw.url);
  const segments = readPath(rawPath);
  if (segments === null) return { why: 'its path is not in canonical form' };
  const query = readQuery(rawQuery);
  if (query === null) return { why: 'its query is not one of the API' };
  const body = readBody(raw);
  if (body === notReadable) return { why: 'its body is no object' };
  const spelled = `/${segments.map(encodeURIComponent).join('/')}${spelledQuery(query)}`;
  if (isDiscovery(segments)) {
    if (raw.method !== 'GET') return { why: 'what tells of the API can only be read' };
    return { ...nothing, method: 'GET', verb: 'discover', path: spelled, query };
  }
  const place = placeOf(segments);
  if (place === null) return { why: 'its path is none of the API' };
  const verb = verbOf(raw, place, query);
  if (verb === null) return { why: `${raw.method} is not possible there` };
  return {
    ...place,
    method: raw.method,
    verb,
    path: spelled,
    name: place.name ?? (place.watched ? null : selectedName(verb, query)) ?? bodyName(verb, body),
    dryRun: isDryRun(verb, query, body),
    query,
    body,
    bodyText: textOf(raw, body),
  };
}

const nothing = {
  group: '',
  version: '',
  namespace: '',
  resource: '',
  name: null,
  subresource: null,
  dryRun: false,
  body: undefined,
  bodyText: '',
} as const;

/** Segments, decoded; null for any spelling that a server might take for another path. */
function readPath(path: string): readonly string[] | null {
  if (!path.startsWith('/') || path.length > 4096) return null;
  const bare = path.endsWith('/') ? path.slice(1, -1) : path.slice(1);
  const segments: string[] = [];
  for (const written of bare.split('/')) {
    if (!/^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/.test(written)) return null;
    let segment: string;
    try {
      segment = decodeURIComponent(written);
    } catch {
      return null;
    }
    if (!isName(segment)) return null;
    segments.push(segment);
  }
  return segments;
}

/** What the API takes for the name of anything; a slash that is encoded is none. */
const isName = (text: string): boolean => text !== '.' && text !== '..' && !/[/\\%\p{Cc}]/u.test(text);

/** `/version`, `/api`, `/apis/GROUP/VERSION`, `/openapi/…`: what there is, and never an object. */
function isDiscovery([root, ...rest]: readonly string[]): boolean {
  if (root === 'version') return rest.length === 0;
  if (root === 'api') return rest.length <= 1;
  if (root === 'apis') return rest.length <= 2;
  if (root !== 'openapi') return false;
  return rest[0] === 'v2' ? rest.length === 1 : rest[0] === 'v3' && rest.length <= 4;
}

type Place = Pick<ApiRequest, 'group' | 'version' | 'namespace' | 'resource' | 'name' | 'subresource'> & {
  /** Whether it stands below the old `/watch/`. */
  readonly watched: boolean;
};

function placeOf(segments: readonly string[]): Place | null {
  const [root, ...all] = segments;
  const ofCore = root === 'api';
  if (!ofCore && root !== 'apis') return null;
  const group = ofCore ? '' : (all[0] ?? '');
  const version = all[ofCore ? 0 : 1] ?? '';
  let parts = all.slice(ofCore ? 1 : 2);
  if (ofCore && version !== 'v1') return null;
  if (!isLabel(version) || !(ofCore || isDomain(group))) return null;
  if (parts[0] === 'proxy') return null;
  const watched = parts[0] === 'watch';
  if (watched) parts = parts.slice(1);
  let namespace: string | null = '';
  if (parts[0] === 'namespaces' && parts.length > 2 && !ofNamespace.has(parts[2] ?? '')) {
    namespace = parts[1] ?? '';
    parts = parts.slice(2);
    if (!isLabel(namespace)) return null;
  }
  const [resource = '', name = null, subresource = null] = parts;
  if (parts.length > 3 || !/^[a-z][a-z0-9-]{0,252}$/.test(resource)) return null;
  // What has no namespace and no name is everything, in whatever namespace it is.
  if (namespace === '' && name === null) namespace = null;
  if (subresource !== null && (elsewhere.has(subresource) || !/^[a-z]{1,60}$/.test(subresource))) return null;
  if (watched && subresource !== null) return null;
  return { group, version, namespace, resource, name, subresource, watched };
}

const isLabel = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
const isDomain = (text: string): boolean => /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(text);

function verbOf(
  { method, contentType }: RawRequest,
  { name, subresource, watched }: Place,
  query: ApiRequest['query'],
): ApiVerb | null {
  if (subresource !== null && streams.has(subresource))
    return method === 'GET' || method === 'POST' ? 'connect' : null;
  switch (method) {
    case 'GET':
      if (watched) return 'watch';
      if (name !== null) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return watched || (name !== null && subresource === null) ? null : 'create';
    case 'PUT':
      return watched || name === null ? null : 'update';
    case 'PATCH':
      return watched || name === null ? null : (patchTypes.get(mediaType(contentType)) ?? null);
    case 'DELETE':
      if (watched || subresource !== null) return null;
      return name === null ? 'deletecollection' : 'delete';
    default:
      return null;
  }
}

/** As the API server reads a flag: whatever is there and does not say no. */
export function isTrue(values: readonly string[] | undefined): boolean {
  const [value] = values ?? [];
  return value !== undefined && value !== '0' && value.toLowerCase() !== 'false';
}

/** The one object that a selection of fields leaves. With a backslash, a comma may be part of a value. */
function selectedName(verb: ApiVerb, query: ApiRequest['query']): string | null {
  if (verb !== 'list' && verb !== 'watch') return null;
  const [selector = ''] = query.get('fieldSelector') ?? [];
  if (selector.includes('\\')) return null;
  const names = selector.split(',').flatMap((term) => /^metadata\.name==?([^=!]+)$/.exec(term)?.[1] ?? []);
  return names.length === 1 ? (names[0] ?? null) : null;
}

function bodyName(verb: ApiVerb, body: Json | undefined): string | null {
  if (verb !== 'create') return null;
  const name = member(member(body, 'metadata'), 'name');
  return typeof name === 'string' && name !== '' ? name : null;
}

function isDryRun(verb: ApiVerb, query: ApiRequest['query'], body: Json | undefined): boolean {
  // Options in the body of a delete stand in place of those in the query.
  const inBody = verb === 'delete' || verb === 'deletecollection' ? body : undefined;
  const said = inBody === undefined ? query.get('dryRun') : member(inBody, 'dryRun');
  return Array.isArray(said) && said.length === 1 && said[0] === 'All';
}

/** The same request, whose tables hold the objects that their rows are of. */
export function withWholeRows(request: ApiRequest): ApiRequest {
  const query = new Map([...request.query, ['includeObject', ['Object']]]);
  const [path = ''] = request.path.split('?');
  return { ...request, query, path: path + spelledQuery(query) };
}

const notReadable = Symbol('a body that can’t be read');

function readBody({ body, contentType }: RawRequest): Json | undefined | typeof notReadable {
  if (body === null || body.length === 0) return undefined;
  const type = mediaType(contentType);
  if (type === protobufType) return readProtobufBody(body) ?? notReadable;
  if (type !== 'application/json' && !patchTypes.has(type)) return notReadable;
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Json;
    // A JSON patch is a list of steps.
    return typeof value === 'object' && value !== null ? value : notReadable;
  } catch {
    return notReadable;
  }
}

/** As it came, and as JSON writes what was read of it, in which no escape hides anything. */
function textOf({ body: raw }: RawRequest, body: Json | undefined): string {
  return raw === null || body === undefined ? '' : `${raw.toString()}\n${JSON.stringify(body)}`;
}

/** A member of what may be an object; undefined where it is none, or has none of that name. */
export function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, Json>>)[name] : undefined;
}

/** Where nothing is said, it is JSON. */
const mediaType = (header: string | null): string =>
  header?.split(';')[0]?.trim().toLowerCase() ?? 'application/json';

function spelledQuery(query: ApiRequest['query']): string {
  const pairs = [...query].flatMap(([name, values]) => values.map((value) => [name, value]));
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function atQuestionMark(url: string): readonly [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
