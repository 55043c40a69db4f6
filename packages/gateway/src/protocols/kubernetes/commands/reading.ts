/** The commands that read. */
import type { Effect } from '@countersign/core';
import { every } from '../actions.ts';
import { builtIn } from '../kinds.ts';
import {
  type Command,
  command,
  effectsOn,
  files,
  type Given,
  isOf,
  malformed,
  of,
  type Place,
  placesOf,
  prints,
} from './command.ts';

const none: Command['effects'] = ({ args, rest }) => {
  if (args.length > 0 || rest !== null) throw malformed('words that mean nothing there', 'none');
  return [];
};

const get: Command['effects'] = (given) => effectsOn(placesOf(given, given.args, 'always'), 'get');

/** What `describe` looks up beside the object. */
const related: Readonly<Record<string, readonly string[]>> = {
  'replicationcontrollers.': ['pods'],
  'replicasets.apps': ['pods'],
  'statefulsets.apps': ['pods'],
  'daemonsets.apps': ['pods'],
  'deployments.apps': ['replicasets.apps'],
  'jobs.batch': ['pods'],
  'persistentvolumeclaims.': ['pods'],
  'services.': ['endpoints', 'endpointslices.discovery.k8s.io'],
  'ingresses.networking.k8s.io': ['services', 'endpoints', 'endpointslices.discovery.k8s.io'],
  'serviceaccounts.': ['secrets'],
};

function describe(given: Given): readonly Effect[] {
  const { flags, args } = given;
  const places = placesOf(given, args, 'always');
  return [
    ...effectsOn(places, 'get'),
    ...effectsOn(
      places.flatMap((place) => around(place, flags.isOn('show-events', true))),
      'list',
    ),
  ];
}

function around({ kind, namespace, name }: Place, events: boolean): readonly Place[] {
  const own = `${kind.resource}.${kind.group}`;
  const beside = (one: string, where: string, called = every): Place => ({
    kind: builtIn(one),
    namespace: where,
    name: called,
  });
  // Events of what has no namespace are looked for in all of them.
  const told = events && !eventless.has(own) ? [beside('events', kind.namespaced ? namespace : every)] : [];
  if (own === 'nodes.')
    return [beside('pods', every), beside('leases.coordination.k8s.io', 'kube-node-lease', name), ...told];
  if (own === 'namespaces.') return [beside('resourcequotas', name), beside('limitranges', name)];
  return [...(related[own] ?? []).map((one) => beside(one, namespace)), ...told];
}

/** Kinds whose description has no events in it. */
const eventless: ReadonlySet<string> = new Set([
  'events.',
  'limitranges.',
  'resourcequotas.',
  'secrets.',
  'networkpolicies.networking.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
]);

function logs(given: Given): readonly Effect[] {
  const { flags, args } = given;
  const pods = of(given, 'pods');
  if (flags.value('selector') !== null) {
    if (args.length > 0) throw malformed('a pod beside a selector', 'one of the two');
    return effectsOn([pods], 'list');
  }
  const [pod = '', container, ...more] = args;
  if (pod === '' || more.length > 0 || (container !== undefined && flags.value('container') !== null))
    throw malformed('words that name no pod', 'POD, or TYPE/NAME, and a container');
  return inPods(given, pod, 'log');
}

/** What is done in a pod: in the one that is named, or in any of those that belong to what is named. */
export function inPods(given: Given, word: string, part: 'log' | 'exec'): readonly Effect[] {
  const [target] = placesOf(given, [word], 'never', builtIn('pods'));
  if (target === undefined) throw malformed('words that name no pod', 'POD, or TYPE/NAME');
  if (isOf(target, 'pods')) return effectsOn([target], 'get', part);
  const any = [of(given, 'pods')];
  return [...effectsOn([target], 'get'), ...effectsOn(any, 'list'), ...effectsOn(any, 'get', part)];
}

function top(kind: 'pods' | 'nodes'): Command['effects'] {
  return (given) => {
    const { flags, args } = given;
    const [name, ...more] = args;
    if (more.length > 0 || (name !== undefined && flags.value('selector') !== null))
      throw malformed('more than one name', 'one name, or a selector');
    const all = args.length === 0;
    return [`${kind}.metrics.k8s.io`, kind].flatMap((one) =>
      effectsOn(all ? [of(given, one)] : placesOf(given, [`${one}/${name}`], 'never'), 'get'),
    );
  };
}

function wait(given: Given): readonly Effect[] {
  if (given.flags.value('for') === null) throw malformed('no --for', '--for=CONDITION');
  return effectsOn(placesOf(given, given.args), 'get');
}

/** What is asked about oneself, which the API takes as something to create. */
const question =
  (kind: string): Command['effects'] =>
  (given) =>
    effectsOn([of(given, kind)], 'create');

/** A deployment's revisions are its replica sets. */
function history(given: Given): readonly Effect[] {
  const places = placesOf(given, given.args, 'always');
  return [
    ...effectsOn(places, 'get'),
    ...effectsOn(
      places.map((place) => revisionsOf(given, place)),
      'list',
    ),
  ];
}

export const revisionsOf = (given: Given, place: Place): Place => ({
  ...of(given, isOf(place, 'deployments') ? 'replicasets.apps' : 'controllerrevisions.apps'),
  namespace: place.namespace,
});

export const reading: readonly Command[] = [
  command(
    'get',
    `${prints} ${files} A/all-namespaces? chunk-size= field-selector= ignore-not-found? L/label-columns= no-headers?
    output-watch-events? l/selector= server-print? show-kind? show-labels? sort-by= subresource= w/watch? watch-only?`,
    get,
  ),
  command('describe', `${files} A/all-namespaces? chunk-size= l/selector= show-events?`, describe),
  command(
    'logs',
    `all-containers? c/container= f/follow? ignore-errors? limit-bytes= max-log-requests= pod-running-timeout= prefix?
    p/previous? l/selector= since= since-time= tail= timestamps?`,
    logs,
  ),
  command(
    'top pod',
    'A/all-namespaces? containers? field-selector= no-headers? l/selector= sort-by= sum? use-protocol-buffers?',
    top('pods'),
  ),
  command('top node', 'no-headers? l/selector= show-capacity? sort-by= use-protocol-buffers?', top('nodes')),
  command('events', `${prints} A/all-namespaces? chunk-size= for= no-headers? types= w/watch?`, (given) => {
    none(given);
    return effectsOn([of(given, 'events')], 'list');
  }),
  command(
    'wait',
    `${prints} ${files} all? A/all-namespaces? field-selector= for= l/selector= timeout=`,
    wait,
  ),
  command('rollout status', `${files} revision= l/selector= timeout= w/watch?`, (given) =>
    effectsOn(placesOf(given, given.args, 'always'), 'get'),
  ),
  command('rollout history', `${prints} ${files} revision= l/selector=`, history),
  command('apply view-last-applied', `o/output= ${files} all? l/selector=`, (given) =>
    effectsOn(placesOf(given, given.args, 'always'), 'get'),
  ),
  command('cluster-info', '', (given) => [
    ...none(given),
    ...effectsOn([{ ...of(given, 'services'), namespace: 'kube-system' }], 'list'),
  ]),
  command('auth can-i', 'A/all-namespaces? list? no-headers? q/quiet? subresource=', (given) =>
    question(
      given.flags.isOn('list')
        ? 'selfsubjectrulesreviews.authorization.k8s.io'
        : 'selfsubjectaccessreviews.authorization.k8s.io',
    )(given),
  ),
  command('auth whoami', prints, (given) => [
    ...none(given),
    ...question('selfsubjectreviews.authentication.k8s.io')(given),
  ]),
  command('explain', 'api-version= o/output= recursive?', () => []),
  command(
    'api-resources',
    'api-group= cached? categories= namespaced? no-headers? o/output= sort-by= verbs=',
    none,
  ),
  command('api-versions', '', none),
  command('version', 'client? o/output=', none),
];
