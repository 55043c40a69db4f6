/** What is done to an object, in the words of policy: by what it is, and what is asked of the API. */
import { type Action, type Resource, resource } from '@countersign/core';
import type { Kind } from './kinds.ts';

/** What the API can be asked for. */
export type ApiVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** Stands for every name, or every namespace. No name has a star in it. */
export const every = '*';

/** A Secret of this type is filled with a token of the service account that it names. */
export const tokenType = 'kubernetes.io/service-account-token';

/** `k8s:shop/apps/deployments/web`; `-` for the core group and for no namespace, `*` for all. */
export function resourceOf(
  { group, resource: plural, namespaced }: Pick<Kind, 'group' | 'resource' | 'namespaced'>,
  namespace: string,
  name: string,
): Resource {
  const segment = (text: string) => (text === every ? every : resource('k8s', text).slice('k8s:'.length));
  return `k8s:${[namespaced ? namespace : '-', group === '' ? '-' : group, plural, name].map(segment).join('/')}`;
}

/** Groups that say who may do what in the cluster, and what happens to a request. */
const adminGroups: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'rbac.authorization.k8s.io',
]);
const adminKinds: ReadonlySet<string> = new Set(['namespaces.', 'nodes.', 'componentstatuses.', 'bindings.']);

/** What one asks about oneself: nothing is kept of it. */
const questions: ReadonlySet<string> = new Set([
  'selfsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
]);

/** Parts of an object that are something else than the object, whatever the verb. */
const parts: ReadonlyMap<string, Action> = new Map([
  ['pods./log', 'read'],
  ['pods./exec', 'execute'],
  ['pods./attach', 'execute'],
  ['pods./portforward', 'execute'],
  ['pods./proxy', 'execute'],
  ['services./proxy', 'execute'],
  ['nodes./proxy', 'execute'],
  ['pods./ephemeralcontainers', 'execute'],
  ['pods./binding', 'admin'],
  ['pods./eviction', 'write.delete'],
  ['serviceaccounts./token', 'secret.token'],
]);

/** The action of asking this of an object, or of a part of it (`log`, `scale`). */
export function actionOn(
  { group, resource: plural }: Pick<Kind, 'group' | 'resource'>,
  verb: ApiVerb,
  subresource: string | null = null,
): Action {
  const name = `${plural}.${group}`;
  const part = subresource === null ? undefined : parts.get(`${name}/${subresource}`);
  if (part !== undefined) return part;
  if (questions.has(name)) return 'read';
  if (verb === 'get' || verb === 'list' || verb === 'watch') return name === 'secrets.' ? 'secret' : 'read';
  return `${adminGroups.has(group) || adminKinds.has(name) ? 'admin' : 'write'}.${verb}`;
}
