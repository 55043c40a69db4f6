/** An HTTP call's effect: what its method does, to what its path names. */
import { type Action, baseAction, type Json, sha256 } from '@countersign/core';
import type { Analysis } from '../protocol.ts';
import { type HttpRequest, mediaType } from './input.ts';
import { operationFor } from './openapi.ts';
import { parseTarget, resourceOf } from './path.ts';
import type { Reach } from './reach.ts';

/** @throws {CountersignError} with the code of the denial. */
export function analyse(
  { settings, openapi }: Pick<Reach, 'settings' | 'openapi'>,
  request: HttpRequest,
): Analysis {
  const target = parseTarget(request.path);
  const operation = openapi === null ? null : operationFor(openapi, request.method, target);
  const action = operation?.action ?? actionOf(request.method, settings.getIsRead);
  return {
    effects: [{ action, resource: resourceOf(target) }],
    lineage: { outputs: [{ name: 'body', sources: [], proven: true }], uses: [], usesProven: true },
    fingerprint: fingerprintOf(request, target),
    reliedOn: operation === null ? null : { operation: operation.name },
  };
}

function actionOf(method: string, getIsRead: boolean): Action {
  if (method === 'GET' || method === 'HEAD') return getIsRead ? 'read' : 'write';
  return method === 'DELETE' ? 'write.delete' : 'write';
}

/** Whether it can change something, so that an end that nobody saw is unknown. */
export const mayChange = ({ effects }: Pick<Analysis, 'effects'>): boolean =>
  effects.some(({ action }) => !['read', 'secret'].includes(baseAction(action)));

/** Same method and path, same names in the query and the body: the values may differ. */
function fingerprintOf(request: HttpRequest, { segments, query }: ReturnType<typeof parseTarget>): string {
  const names = [...new URLSearchParams(query ?? '').keys()].sort();
  return sha256(JSON.stringify(['http', request.method, segments, names, shapeOf(request)]));
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
