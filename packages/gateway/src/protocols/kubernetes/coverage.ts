/** The effects of API requests, and whether what was decided covers them. */
import {
  type Action,
  actionCovers,
  baseAction,
  type Effect,
  type Resource,
  splitResource,
} from '@countersign/core';
import { type ApiVerb as AskedVerb, actionOn, every, resourceOf, tokenType } from './actions.ts';
import { type ApiRequest, member } from './api-request.ts';
import type { Kinds } from './kinds.ts';

/** What the API server's verbs ask of an object, in the words of actions. Server-side apply creates what is not there. */
const asked: Readonly<
  Record<Exclude<ApiRequest['verb'], 'discover' | 'connect'>, readonly [AskedVerb, ...AskedVerb[]]>
> = {
  get: ['get'],
  list: ['list'],
  watch: ['watch'],
  create: ['create'],
  update: ['update'],
  patch: ['patch'],
  apply: ['create', 'patch'],
  delete: ['delete'],
  deletecollection: ['delete'],
};

/** The effects of a request; none for discovery. */
export function apiEffects(request: ApiRequest, kinds: Kinds): readonly Effect[] {
  const { verb, group, resource: plural, subresource, namespace, name } = request;
  if (verb === 'discover') return [];
  const kind = { group, resource: plural, namespaced: isNamespaced(request, kinds) };
  const resource = resourceOf(kind, namespace ?? every, name ?? every);
  // Parts of an object are written by creating something below it.
  const actions: readonly Action[] =
    verb === 'connect'
      ? ['execute']
      : asked[verb].map((one) =>
          actionOn(kind, one === 'create' && subresource !== null ? 'patch' : one, subresource),
        );
  const all: readonly Action[] = makesToken(request) ? [...actions, 'secret.token'] : actions;
  return all.map((action) => ({ action, resource }));
}

/** As its path says, whatever its kind was when the call was judged: a kind of the cluster's own may have changed since. */
function isNamespaced({ group, resource: plural, namespace }: ApiRequest, kinds: Kinds): boolean {
  return namespace === null ? (kinds.of(group, plural)?.namespaced ?? true) : namespace !== '';
}

/** Whatever a manifest was taken for: what is sent decides. */
const makesToken = ({ group, resource: plural, dryRun, body }: ApiRequest): boolean =>
  group === '' && plural === 'secrets' && !dryRun && member(body, 'type') === tokenType;

/** Whether everything that a request would do was decided. */
export function covered(decided: readonly Effect[], wanted: readonly Effect[]): boolean {
  return wanted.every((effect) => decided.some((one) => covers(one, effect)));
}

/**
 * Whether one effect covers another. Who may change an object, or run something in it, may have it read: kubectl does so
 * first, and the answer to a write holds the object anyway. A Secret's values are hidden in all of them.
 */
function covers(decided: Effect, wanted: Effect): boolean {
  if (isItsNamespace(decided, wanted)) return true;
  if (!resourceCovers(decided.resource, wanted.resource)) return false;
  if (actionCovers(decided.action, wanted.action) || wanted.action === 'read') return true;
  return wanted.action === 'secret' && baseAction(decided.action) !== 'read';
}

/**
 * kubectl looks whether the namespace is there when it does not find what it looks for in it. Who may do anything in it
 * may know.
 */
function isItsNamespace(decided: Effect, { action, resource }: Effect): boolean {
  const [namespace = ''] = splitResource(decided.resource).segments;
  return action === 'read' && namespace !== every && resource === `k8s:-/-/namespaces/${namespace}`;
}

function resourceCovers(decided: Resource, wanted: Resource): boolean {
  const [has, wants] = [splitResource(decided), splitResource(wanted)];
  if (has.kind !== 'k8s' || wants.kind !== 'k8s' || has.segments.length !== wants.segments.length)
    return false;
  return has.segments.every((segment, index) => segment === every || segment === wants.segments[index]);
}
