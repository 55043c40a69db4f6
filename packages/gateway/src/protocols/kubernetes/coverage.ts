/**
 * The effects of API requests, and whether what was decided covers them.
 *
 * | request | action |
 * | --- | --- |
 * | get, list, watch; log, and whatever else is read of an object | `read` |
 * | the same of a Secret, values and all | `secret` |
 * | create · update, patch · delete, also of many, and eviction | `write.create` · `write.update` · `write.delete` |
 * | server-side apply, which creates what is not there | `write.create` and `write.update` |
 * | exec, attach; ephemeral containers, which are how debug gets in | `execute` |
 * | any write of RBAC, CRDs, webhooks, API services, certificates, nodes, namespaces; tokens of service accounts | `admin` |
 */
import {
  type Action,
  actionCovers,
  baseAction,
  type Effect,
  encodeSegment,
  type Resource,
  splitResource,
} from '@countersign/core';
import { type ApiRequest, type ApiVerb, member } from './api-request.ts';

/** Where an object is, or many are. */
export interface Place {
  /** Empty for what has none, null for all of them. */
  readonly namespace: string | null;
  /** Empty for the core group. */
  readonly group: string;
  /** The plural, in lower case: `deployments`. */
  readonly resource: string;
  /** Null for all of them. */
  readonly name: string | null;
}

/** `k8s:NAMESPACE/GROUP/RESOURCE/NAME`, with `-` for none and `*` for all. */
export function kubernetesResource({ namespace, group, resource, name }: Place): Resource {
  const segment = (text: string | null) => (text === null ? '*' : text === '' ? '-' : encodeSegment(text));
  return `k8s:${[namespace, group, resource, name].map(segment).join('/')}`;
}

/** Groups whose every write says who may do what, or what the API itself is. */
const adminGroups: ReadonlySet<string> = new Set([
  'rbac.authorization.k8s.io',
  'apiextensions.k8s.io',
  'admissionregistration.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
]);
const adminOfCore: ReadonlySet<string> = new Set(['nodes', 'namespaces']);

/** Resources of which a create only asks something of the API server, about who asks. */
const questions: ReadonlySet<string> = new Set([
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authentication.k8s.io/selfsubjectreviews',
]);

/** What a verb on a resource does. `whole`: whether an object is read with its values, and not only what a table shows. */
export function actionsOf(
  verb: Exclude<ApiVerb, 'discover'>,
  { group, resource }: Pick<Place, 'group' | 'resource'>,
  subresource: string | null = null,
  whole = true,
): readonly Action[] {
  if (verb === 'get' || verb === 'list' || verb === 'watch')
    return [group === '' && resource === 'secrets' && whole ? 'secret' : 'read'];
  if (verb === 'connect' || subresource === 'ephemeralcontainers') return ['execute'];
  if (questions.has(`${group}/${resource}`)) return ['read'];
  if (isAdmin(group, resource, subresource)) return ['admin'];
  if (subresource === 'eviction') return ['write.delete'];
  // To write a part of an object, or to bind one to its place, changes that object.
  if (subresource !== null) return ['write.update'];
  return writes[verb];
}

const writes: Readonly<
  Record<Exclude<ApiVerb, 'discover' | 'get' | 'list' | 'watch' | 'connect'>, readonly Action[]>
> = {
  create: ['write.create'],
  update: ['write.update'],
  patch: ['write.update'],
  apply: ['write.create', 'write.update'],
  delete: ['write.delete'],
  deletecollection: ['write.delete'],
};

function isAdmin(group: string, resource: string, subresource: string | null): boolean {
  if (adminGroups.has(group) || group === 'authentication.k8s.io') return true;
  if (group !== '') return false;
  return adminOfCore.has(resource) || (resource === 'serviceaccounts' && subresource === 'token');
}

/** The effects of a request; none for discovery. @param whole False where only a table of it comes back. */
export function apiEffects(request: ApiRequest, whole = true): readonly Effect[] {
  if (request.verb === 'discover') return [];
  const { group, verb, subresource, body } = request;
  const resource = kubernetesResource({ ...request, namespace: namespaceOf(request) });
  const actions = actionsOf(verb, { group, resource: request.resource }, subresource, whole);
  const token = mintsToken(request, body) ? (['admin'] as const) : [];
  return [...actions, ...token].map((action) => ({ action, resource }));
}

/** Resources of the cluster itself: a list of them is of no namespace. What is not named here may be in any. */
const ofCluster: ReadonlySet<string> = new Set([
  '/nodes',
  '/namespaces',
  '/persistentvolumes',
  '/componentstatuses',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
  'apiextensions.k8s.io/customresourcedefinitions',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  'apiregistration.k8s.io/apiservices',
  'certificates.k8s.io/certificatesigningrequests',
  'certificates.k8s.io/clustertrustbundles',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/volumeattributesclasses',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'scheduling.k8s.io/priorityclasses',
  'node.k8s.io/runtimeclasses',
  'networking.k8s.io/ingressclasses',
  'networking.k8s.io/ipaddresses',
  'networking.k8s.io/servicecidrs',
  'flowcontrol.apiserver.k8s.io/flowschemas',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
  'resource.k8s.io/deviceclasses',
  'resource.k8s.io/resourceslices',
  'authentication.k8s.io/tokenreviews',
  'authentication.k8s.io/selfsubjectreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
]);

function namespaceOf({ namespace, group, resource }: ApiRequest): string | null {
  return namespace === null && ofCluster.has(`${group}/${resource}`) ? '' : namespace;
}

/** A Secret of this type is filled by the cluster with a token of the service account that it names. */
function mintsToken({ group, resource, verb }: ApiRequest, body: ApiRequest['body']): boolean {
  if (group !== '' || resource !== 'secrets' || verb === 'delete' || verb === 'deletecollection')
    return false;
  return member(body, 'type') === 'kubernetes.io/service-account-token';
}

/** Whether everything that a request would do was decided. */
export function covered(decided: readonly Effect[], wanted: readonly Effect[]): boolean {
  return wanted.every((effect) => decided.some((one) => covers(one, effect)));
}

/**
 * Whether one effect covers another. Who may change an object, or run something in it, may have it read: kubectl does so
 * first, and the answer to a write holds the object anyway. A Secret's values are hidden in all of them.
 */
function covers(decided: Effect, wanted: Effect): boolean {
  if (!resourceCovers(decided.resource, wanted.resource)) return false;
  if (actionCovers(decided.action, wanted.action)) return true;
  const [has, wants] = [baseAction(decided.action), baseAction(wanted.action)];
  if (wants === 'read') return true;
  return wants === 'secret' && has !== 'read';
}

function resourceCovers(decided: Resource, wanted: Resource): boolean {
  const [has, wants] = [splitResource(decided), splitResource(wanted)];
  if (has.kind !== 'k8s' || wants.kind !== 'k8s' || has.segments.length !== wants.segments.length)
    return false;
  return has.segments.every((segment, index) => segment === '*' || segment === wants.segments[index]);
}
