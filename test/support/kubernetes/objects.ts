/** Requests about objects: what the double does with them. */

import { readProtobufBody } from '../../../packages/gateway/src/protocols/kubernetes/protobuf-body.ts';
import { type ArrivedRequest, status } from './api-server.ts';
import { kindsOfDouble } from './kinds.ts';
import { patched } from './patch.ts';
import type { Collection, ObjectStore, StoredObject, WatchEvent } from './store.ts';
import { tableOf } from './table.ts';

type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | {
      readonly kind: 'watch';
      /** @returns what ends it. */
      readonly start: (event: (event: unknown) => void, over: () => void) => () => void;
    };

interface Asked {
  readonly where: Collection;
  readonly name: string | undefined;
  readonly part: string | undefined;
  readonly query: URLSearchParams;
  readonly table: boolean;
  /** Whether rows of tables hold their objects. */
  readonly whole: boolean;
}

export function answerObject(store: ObjectStore, request: ArrivedRequest, bytes: Buffer): Answer {
  const asked = read(request);
  if (asked === null) return said(501, 'the double knows nothing of this');
  const { where, name, part, query } = asked;
  const body = bodyOf(request, bytes, asked);
  const dry = query.get('dryRun') === 'All' || (body as { dryRun?: unknown } | null)?.dryRun !== undefined;
  switch (request.method) {
    case 'GET':
      // An object by its name is no watch, whatever the query says.
      if (name !== undefined) return one(asked, store.get(where, name));
      return ['true', '1'].includes(query.get('watch') ?? '') ? watch(store, asked) : list(store, asked);
    case 'POST':
      return create(store, asked, body, dry);
    case 'PUT':
    case 'PATCH': {
      const before = name === undefined ? undefined : store.get(where, name);
      const type = request.headers['content-type']?.split(';')[0] ?? '';
      const applies = type === 'application/apply-patch+yaml';
      if (before === undefined && !applies) return missing(asked);
      const after = (
        request.method === 'PUT' ? body : patched(before ?? {}, body, type)
      ) as StoredObject | null;
      if (after === null) return said(422, 'the patch does not fit');
      const kept = dry
        ? after
        : store.put(where, part === 'scale' && before !== undefined ? scaled(before, after) : after);
      return {
        kind: 'answer',
        status: before === undefined ? 201 : 200,
        body: part === 'scale' ? scaleOf(kept) : kept,
      };
    }
    case 'DELETE': {
      const gone =
        name === undefined
          ? chosen(store, asked)
          : [store.get(where, name)].filter((one) => one !== undefined);
      if (name !== undefined && gone.length === 0) return missing(asked);
      if (!dry)
        for (const { metadata } of gone)
          store.remove({ ...where, namespace: metadata.namespace ?? '' }, metadata.name);
      return { kind: 'answer', status: 200, body: status(200, '', '') };
    }
    default:
      return said(501, 'the double does not know this method');
  }
}

function read({ url, headers }: ArrivedRequest): Asked | null {
  const { pathname, searchParams: query } = new URL(url, 'https://double');
  const segments = pathname.split('/').slice(1).map(decodeURIComponent);
  const parts = segments[0] === 'api' ? ['', ...segments.slice(1)] : segments.slice(1);
  if (segments[0] !== 'api' && segments[0] !== 'apis') return null;
  const [group = '', version = '', ...rest] = parts;
  const inside = rest[0] === 'namespaces' && rest.length > 2;
  const [resource, name, part] = inside ? rest.slice(2) : rest;
  if (resource === undefined || kindsOfDouble.of(group, resource) === null) return null;
  const namespace = inside
    ? (rest[1] ?? '')
    : kindsOfDouble.of(group, resource)?.namespaced === true
      ? null
      : '';
  const table = /as=Table/.test(headers.accept ?? '');
  return {
    where: { group, version, resource, namespace },
    name,
    part,
    query,
    table,
    whole: query.get('includeObject') === 'Object',
  };
}

function bodyOf({ body, headers }: ArrivedRequest, bytes: Buffer, { where }: Asked): unknown {
  if (body === '') return null;
  if (headers['content-type']?.includes('protobuf') === true) {
    const kind = kindsOfDouble.of(where.group, where.resource)?.kind ?? '';
    const apiVersion = where.group === '' ? where.version : `${where.group}/${where.version}`;
    return { apiVersion, kind, ...(readProtobufBody(bytes) as object) };
  }
  return JSON.parse(body) as unknown;
}

function one(asked: Asked, object: StoredObject | undefined): Answer {
  if (object === undefined) return missing(asked);
  if (asked.part === 'scale') return { kind: 'answer', status: 200, body: scaleOf(object) };
  return {
    kind: 'answer',
    status: 200,
    body: asked.table
      ? tableOf(asked.where.resource, [object], object.metadata.resourceVersion ?? '', asked.whole)
      : object,
  };
}

function chosen(store: ObjectStore, { where, query }: Asked): readonly StoredObject[] {
  const labels = (query.get('labelSelector') ?? '').split(',').filter((term) => term !== '');
  const fields = (query.get('fieldSelector') ?? '').split(',').filter((term) => term !== '');
  return store.list(where).filter(
    (object) =>
      labels.every((term) => {
        const [key = '', value] = term.split(/==?/);
        return object.metadata.labels?.[key] === value;
      }) &&
      fields.every((term) => {
        const [path = '', value] = term.split(/==?/);
        const found = path
          .split('.')
          .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
        return found === value;
      }),
  );
}

function list(store: ObjectStore, asked: Asked): Answer {
  const all = chosen(store, asked);
  const limit = Number(asked.query.get('limit') ?? 0) || all.length;
  const from = Number(asked.query.get('continue') ?? 0);
  const items = all.slice(from, from + limit);
  const more = from + limit < all.length ? String(from + limit) : '';
  const { group, version, resource } = asked.where;
  if (asked.table) {
    const table = tableOf(resource, items, store.version, asked.whole);
    return {
      kind: 'answer',
      status: 200,
      body: { ...table, metadata: { ...table.metadata, ...(more === '' ? {} : { continue: more }) } },
    };
  }
  const kind = kindsOfDouble.of(group, resource)?.kind ?? '';
  return {
    kind: 'answer',
    status: 200,
    body: {
      kind: `${kind}List`,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: { resourceVersion: store.version, ...(more === '' ? {} : { continue: more }) },
      // The objects of a list don't say what they are.
      items: items.map((item) => ({ ...item, kind: undefined, apiVersion: undefined })),
    },
  };
}

function watch(store: ObjectStore, asked: Asked): Answer {
  const shown = ({ type, object }: WatchEvent) => ({
    type,
    object: asked.table ? tableOf(asked.where.resource, [object], store.version, asked.whole) : object,
  });
  return {
    kind: 'watch',
    start: (event, over) => {
      const since = asked.query.get('resourceVersion') ?? '0';
      if (since === '0' || since === '')
        for (const object of chosen(store, asked)) event(shown({ type: 'ADDED', object }));
      const stop = store.watch((group, resource, heard) => {
        const matches = group === asked.where.group && resource === asked.where.resource;
        if (matches && (heard.type === 'DELETED' || chosen(store, asked).includes(heard.object)))
          event(shown(heard));
      });
      const seconds = Number(asked.query.get('timeoutSeconds') ?? 0);
      const timer = seconds > 0 ? setTimeout(over, seconds * 1000) : undefined;
      return () => {
        clearTimeout(timer);
        stop();
      };
    },
  };
}

function create(store: ObjectStore, asked: Asked, body: unknown, dry: boolean): Answer {
  const { where, name, part } = asked;
  if (part === 'eviction' && name !== undefined) {
    if (!dry) store.remove(where, name);
    return { kind: 'answer', status: 201, body: status(201, '', '') };
  }
  if (part === 'token')
    return {
      kind: 'answer',
      status: 201,
      body: {
        ...(body as object),
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        status: { token: 'minted-token-canary', expirationTimestamp: '2027-01-01T00:00:00Z' },
      },
    };
  if (part !== undefined || name !== undefined) return said(501, 'the double has no such part');
  if (where.resource.endsWith('reviews'))
    return {
      kind: 'answer',
      status: 201,
      body: { ...(body as object), status: { allowed: true, userInfo: { username: 'gateway' } } },
    };
  const object = body as StoredObject & { metadata: { generateName?: string } };
  const named = object.metadata.name ?? `${object.metadata.generateName ?? 'x-'}abcde`;
  if (store.get(where, named) !== undefined)
    return said(409, `${where.resource} "${named}" already exists`, 'AlreadyExists');
  const whole = { ...object, metadata: { ...object.metadata, name: named } };
  return { kind: 'answer', status: 201, body: dry ? whole : store.put(where, whole) };
}

const scaleOf = (object: StoredObject) => ({
  kind: 'Scale',
  apiVersion: 'autoscaling/v1',
  metadata: object.metadata,
  spec: { replicas: (object['spec'] as { replicas?: number } | undefined)?.replicas },
});

/** To write the scale of an object writes a number of it. */
const scaled = (before: StoredObject, scale: StoredObject): StoredObject => ({
  ...before,
  spec: {
    ...(before['spec'] as object),
    replicas: (scale['spec'] as { replicas?: number } | undefined)?.replicas,
  },
});

const said = (code: number, message: string, reason = 'Failure'): Answer => ({
  kind: 'answer',
  status: code,
  body: status(code, message, reason),
});
const missing = ({ where, name }: Asked): Answer =>
  said(404, `${where.resource} "${name}" not found`, 'NotFound');
