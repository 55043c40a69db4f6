/** What the double says of its API: kinds and their verbs, and which parameters writes take. */
import type { Kind } from '../../../packages/gateway/src/protocols/kubernetes/kinds.ts';
import { allKinds as kinds } from './kinds.ts';

const versions: ReadonlyMap<string, string> = new Map([
  ['autoscaling', 'v2'],
  ['metrics.k8s.io', 'v1beta1'],
  ['example.com', 'v1alpha1'],
]);
export const versionOf = (group: string): string => versions.get(group) ?? 'v1';

const groups = [...new Set(kinds.map(({ group }) => group))].filter(
  (group) => group !== '' && group !== 'metrics.k8s.io',
);

/** Parts that kinds have. */
const parts: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'log',
    'exec',
    'attach',
    'eviction',
    'binding',
    'ephemeralcontainers',
    'status',
    'portforward',
    'proxy',
  ],
  serviceaccounts: ['token'],
  deployments: ['scale', 'status'],
  replicasets: ['scale', 'status'],
  statefulsets: ['scale', 'status'],
};

/** In one answer each: what kubectl asks for first. */
export const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Null for what is no question about the API. @param accept What kubectl would have. */
export function discover(url: string, accept: string): unknown {
  const { pathname } = new URL(url, 'https://double');
  if (accept.includes('APIGroupDiscoveryList') && (pathname === '/api' || pathname === '/apis'))
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: (pathname === '/api' ? [''] : groups).map(aggregated),
    };
  const [root, group, version] = pathname.split('/').filter((segment) => segment !== '');
  if (root === 'version') return { major: '1', minor: '32', gitVersion: 'v1.32.0-double' };
  if (root === 'openapi') return openapi(pathname);
  if (root === 'api' && group === undefined) return { kind: 'APIVersions', versions: ['v1'] };
  if (root === 'api' && version === undefined) return resources('');
  if (root !== 'apis') return null;
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  if (pathname.split('/').filter((segment) => segment !== '').length > 3) return null;
  return version === undefined ? groupOf(group) : resources(group);
}

function aggregated(group: string) {
  const version = versionOf(group);
  return {
    metadata: { name: group },
    versions: [
      {
        version,
        freshness: 'Current',
        resources: kinds
          .filter((kind) => kind.group === group)
          .map((kind) => ({
            resource: kind.resource,
            responseKind: { group, version, kind: kind.kind },
            scope: kind.namespaced ? 'Namespaced' : 'Cluster',
            singularResource: kind.singular,
            verbs,
            shortNames: kind.short,
            categories: isOfAll(kind) ? ['all'] : [],
            subresources: (parts[kind.resource] ?? []).map((subresource) => ({
              subresource,
              responseKind: partKind(subresource, { group, version, kind: kind.kind }),
              verbs: ['create', 'get', 'patch', 'update'],
            })),
          })),
      },
    ],
  };
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What a part of an object is, where it is something else than the object. */
function partKind(
  part: string,
  of: { readonly group: string; readonly version: string; readonly kind: string },
) {
  if (part === 'scale') return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  return part === 'eviction' ? { group: 'policy', version: 'v1', kind: 'Eviction' } : of;
}

function groupOf(name: string) {
  const version = { groupVersion: `${name}/${versionOf(name)}`, version: versionOf(name) };
  return { name, versions: [version], preferredVersion: version };
}

function resources(group: string) {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? 'v1' : `${group}/${versionOf(group)}`,
    resources: kinds
      .filter((kind) => kind.group === group)
      .flatMap((kind) => [
        {
          name: kind.resource,
          singularName: kind.singular,
          namespaced: kind.namespaced,
          kind: kind.kind,
          verbs,
          shortNames: kind.short,
          categories: isOfAll(kind) ? ['all'] : [],
        },
        ...(parts[kind.resource] ?? []).map((part) => ({
          name: `${kind.resource}/${part}`,
          singularName: '',
          namespaced: kind.namespaced,
          ...partKind(part, { group, version: versionOf(group), kind: kind.kind }),
          verbs: ['create', 'get', 'patch', 'update'],
        })),
      ]),
  };
}

const isOfAll = ({ resource, group }: Kind): boolean =>
  ['pods', 'services', 'replicationcontrollers'].includes(resource) ||
  (group === 'apps' && resource !== 'controllerrevisions') ||
  ['batch', 'autoscaling'].includes(group);

/** No more than that writes take `dryRun` and `fieldValidation`, which kubectl asks before it applies anything. */
function openapi(path: string): unknown {
  const all = ['', ...groups].map((group) => (group === '' ? 'api/v1' : `apis/${group}/${versionOf(group)}`));
  if (path === '/openapi/v3')
    return {
      paths: Object.fromEntries(all.map((one) => [one, { serverRelativeURL: `/openapi/v3/${one}?hash=1` }])),
    };
  const found = all.find((one) => path === `/openapi/v3/${one}`);
  if (found === undefined) return null;
  const group = found === 'api/v1' ? '' : (found.split('/')[1] ?? '');
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  return {
    openapi: '3.0.0',
    info: { title: 'double', version: '1' },
    components: { schemas: {} },
    paths: Object.fromEntries(
      kinds
        .filter((kind) => kind.group === group)
        .map((kind) => [
          `/${found}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.resource}/{name}`,
          {
            patch: {
              'x-kubernetes-group-version-kind': { group, version: versionOf(group), kind: kind.kind },
              'x-kubernetes-action': 'patch',
              parameters,
              responses: {},
            },
          },
        ]),
    ),
  };
}
