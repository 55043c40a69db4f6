/** An HTTP call's effect: what its method does, to what its path names. */
import { type Action, baseAction, type Json, sha256 } from '@countersign/core';
import type { Analysis } from '../protocol.ts';
import type { GraphQlOperation } from './graphql-document.ts';
import { graphQlOperations, operationInWords } from './graphql-request.ts';
import { type HttpRequest, mediaType } from './input.ts';
import { operationFor } from './openapi-request.ts';
import { parseTarget, type RequestTarget, resourceOf } from './path.ts';
import type { Reach } from './reach.ts';

/** @throws {CountersignError} with the code of the denial. */
export function analyse(reach: Judging, request: HttpRequest): Analysis {
  const target = parseTarget(request.path);
  const operations = graphQlOperations(reach.graphql, request, target);
  const { actions, name } =
    operations === null
      ? byOperation(reach, request, target)
      : byDocument(reach, request, target, operations);
  const resource = resourceOf(target);
  return {
    effects: [...new Set(actions)].map((action) => ({ action, resource })),
    lineage: { outputs: [{ name: 'body', sources: [], proven: true }], uses: [], usesProven: true },
    fingerprint: fingerprintOf(request, target, operations),
    reliedOn: name === null ? null : { operation: name },
  };
}

/** What judging a request needs of its connection. */
export type Judging = Pick<Reach, 'settings' | 'openapi' | 'graphql'>;

interface Judged {
  readonly actions: readonly Action[];
  /** Of the operation, for people. */
  readonly name: string | null;
}

function byOperation({ settings, openapi }: Judging, request: HttpRequest, target: RequestTarget): Judged {
  const operation = openapi === null ? null : operationFor(openapi, request, target, settings);
  const action = operation?.action ?? actionOf(request.method, settings.getIsRead);
  return { actions: [action], name: operation?.name ?? null };
}

/**
 * Each operation of a batch for itself. What GET does where it changes things, a query by GET may do. Where the connection
 * itself does not say that it speaks GraphQL, its OpenAPI document has to know the path, and has the last word.
 */
function byDocument(
  { settings, openapi, graphql }: Judging,
  request: HttpRequest,
  target: RequestTarget,
  operations: readonly GraphQlOperation[],
): Judged {
  const operation =
    graphql === null && openapi !== null ? operationFor(openapi, request, target, settings) : null;
  const reads = request.method === 'POST' || settings.getIsRead;
  const told = operations.map(({ type }): Action => (type !== 'mutation' && reads ? 'read' : 'write'));
  return {
    actions: operation === null || operation.action === null ? told : [operation.action],
    name: operations.map(operationInWords).join('; '),
  };
}

function actionOf(method: string, getIsRead: boolean): Action {
  if (method === 'GET' || method === 'HEAD') return getIsRead ? 'read' : 'write';
  return method === 'DELETE' ? 'write.delete' : 'write';
}

/** Whether it can change something, so that an end that nobody saw is unknown. */
export const mayChange = ({ effects }: Pick<Analysis, 'effects'>): boolean =>
  effects.some(({ action }) => !['read', 'secret'].includes(baseAction(action)));

/** Same method and path, same names in the query and the body, or in the documents: the values may differ. */
function fingerprintOf(
  request: HttpRequest,
  { segments, query }: RequestTarget,
  operations: readonly GraphQlOperation[] | null,
): string {
  const names = [...new URLSearchParams(query ?? '').keys()].sort();
  const shape =
    operations === null
      ? shapeOf(request)
      : operations.map(({ type, roots, fields }): Json => [type, roots, fields]);
  return sha256(JSON.stringify(['http', request.method, segments, names, shape]));
}

function shapeOf({ body, headers }: HttpRequest): Json {
  if (body === null) return null;
  const type = mediaType(headers) ?? '';
  if (type === 'application/x-www-form-urlencoded') return [...new URLSearchParams(body).keys()].sort();
  try {
    const value = JSON.parse(body) as Json;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.keys(value).sort()
      : typeof value;
  } catch {
    return type;
  }
}
