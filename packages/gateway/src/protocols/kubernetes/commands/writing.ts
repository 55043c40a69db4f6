/** The commands that change objects which are named, or whose manifests are given. */
import type { Effect, Resource } from '@countersign/core';
import { every, tokenType } from '../actions.ts';
import { builtIn } from '../kinds.ts';
import { checkName } from '../names.ts';
import { objectsMeant } from '../objects.ts';
import {
  beforePairs,
  type Command,
  command,
  deletes,
  dryRuns,
  effectsOn,
  files,
  type Given,
  isClientDryRun,
  isFromStdin,
  isOf,
  isPair,
  malformed,
  manifestPlaces,
  nameOf,
  of,
  type Place,
  placeOf,
  placesOf,
  prints,
  writesOn,
} from './command.ts';
import { revisionsOf } from './reading.ts';

/** The objects of the manifests, which are all that the command is about. */
function written(given: Given, mayBeNameless = false): ReturnType<typeof manifestPlaces> {
  if (!isFromStdin(given) || given.args.length > 0)
    throw malformed('no -f -, or words beside it', '-f - and manifests on stdin');
  const places = manifestPlaces(given);
  if (!mayBeNameless && places.some(({ name }) => name === every))
    throw malformed('a manifest without a name', 'metadata.name');
  return places;
}

const tokens = (places: ReturnType<typeof manifestPlaces>): readonly Effect[] =>
  places
    .filter((place) => isOf(place, 'secrets') && place.type === tokenType)
    .map((place) => ({ action: 'secret.token', resource: nameOf(place) }));

/** Creates what is not there, changes what is; with --force it may delete what it can't change. */
function apply(given: Given): readonly Effect[] {
  const places = written(given);
  const force = given.flags.isOn('force') ? removed(given, places) : [];
  return [...writesOn(given, places, 'create', 'patch'), ...force, ...tokens(places)];
}

function create(given: Given): readonly Effect[] {
  const places = written(given, true);
  return isClientDryRun(given) ? [] : [...effectsOn(places, 'create'), ...tokens(places)];
}

function replace(given: Given): readonly Effect[] {
  const places = written(given);
  const effects = given.flags.isOn('force')
    ? [...removed(given, places), ...writesOn(given, places, 'create')]
    : writesOn(given, places, 'update');
  return [...effects, ...tokens(places)];
}

const remove: Command['effects'] = (given) => removed(given, placesOf(given, given.args));

function removed(given: Given, places: readonly Place[]): readonly Effect[] {
  const effects = writesOn(given, places, 'delete');
  return isClientDryRun(given) ? effects : [...effects, ...places.flatMap(inNamespace)];
}

/** With a namespace goes what is in it. */
function inNamespace(place: Place): readonly Effect[] {
  if (!isOf(place, 'namespaces')) return [];
  const pods = nameOf({ kind: builtIn('pods'), namespace: place.name, name: every });
  const resource: Resource = `${pods.slice(0, pods.indexOf('/'))}/*/*/*` as Resource;
  return [{ action: 'write.delete', resource, via: `namespace ${place.name}` }];
}

const changes =
  (
    all: 'asked' | 'always',
    words: (args: readonly string[]) => readonly string[] = (args) => args,
  ): Command['effects'] =>
  (given) =>
    writesOn(given, placesOf(given, words(given.args), all), 'patch');

const withPairs: Command['effects'] = (given) => {
  const places = placesOf(given, beforePairs(given.args, isPair), 'asked');
  return given.flags.isOn('list') ? effectsOn(places, 'get') : writesOn(given, places, 'patch');
};

function scale(given: Given): readonly Effect[] {
  if (given.flags.value('replicas') === null) throw malformed('no --replicas', '--replicas=COUNT');
  return writesOn(given, placesOf(given, given.args), 'update', 'patch');
}

function patch(given: Given): readonly Effect[] {
  if (given.flags.value('patch') === null) throw malformed('no --patch', '--patch=PATCH');
  return writesOn(given, placesOf(given, given.args, 'never'), 'patch');
}

/** A new object of a kind, named after the one it is made for, or by --name. */
const madeFor =
  (kind: string): Command['effects'] =>
  (given) => {
    const places = placesOf(given, given.args, 'never');
    const own = given.flags.value('name');
    const made = places.map((place) => ({
      ...of(given, kind, own === null ? place.name : checkName(own)),
      namespace: place.namespace,
    }));
    return [...effectsOn(places, 'get'), ...(isClientDryRun(given) ? [] : effectsOn(made, 'create'))];
  };

function setEnv(given: Given): readonly Effect[] {
  const { flags, args } = given;
  const isVariable = (word: string) => word.includes('=') || word.endsWith('-');
  const places = placesOf(given, beforePairs(args, isVariable));
  const from = flags.value('from');
  const sources = from === null ? [] : objectsMeant(given.kinds, [from]).map((one) => placeOf(given, one));
  // Values that the variables point at are looked up to be shown.
  const resolved = flags.isOn('resolve') ? [of(given, 'secrets'), of(given, 'configmaps')] : [];
  return [
    ...(flags.isOn('list') ? effectsOn(places, 'get') : writesOn(given, places, 'patch')),
    ...effectsOn([...sources, ...resolved], 'get'),
  ];
}

function undo(given: Given): readonly Effect[] {
  const places = placesOf(given, given.args, 'always');
  return [
    ...writesOn(given, places, 'patch'),
    ...effectsOn(
      places.map((place) => revisionsOf(given, place)),
      'list',
    ),
  ];
}

const set = `${prints} ${files} ${dryRuns} all? l/selector=`;

export const writing: readonly Command[] = [
  command(
    'apply',
    `${prints} ${files} ${dryRuns} ${deletes} force-conflicts? openapi-patch? overwrite? l/selector= server-side? subresource=
    validate~strict`,
    apply,
  ),
  command('apply set-last-applied', `${prints} f/filename= dry-run~unchanged create-annotation?`, (given) =>
    writesOn(given, written(given), 'patch'),
  ),
  command('create', `${prints} ${files} ${dryRuns} save-config? l/selector= validate~strict`, create),
  command(
    'replace',
    `${prints} ${files} ${dryRuns} ${deletes} save-config? subresource= validate~strict`,
    replace,
  ),
  command(
    'diff',
    `${files} concurrency= field-manager= force-conflicts? l/selector= server-side? show-managed-fields?`,
    // It asks the server for a dry run.
    (given) => writesOn(given, written(given), 'create', 'patch'),
  ),
  command(
    'delete',
    `o/output= ${files} ${deletes} dry-run~unchanged all? A/all-namespaces? field-selector= ignore-not-found? now?
    l/selector=`,
    remove,
  ),
  command('patch', `${prints} ${files} ${dryRuns} p/patch= subresource= type=`, patch),
  ...['label', 'annotate'].map((path) =>
    command(
      path,
      `${prints} ${files} ${dryRuns} all? A/all-namespaces? field-selector= list? overwrite? resource-version= l/selector=`,
      withPairs,
    ),
  ),
  command(
    'scale',
    `${prints} ${files} dry-run~unchanged all? current-replicas= replicas= resource-version= l/selector= timeout=`,
    scale,
  ),
  command(
    'autoscale',
    `${prints} ${files} ${dryRuns} cpu-percent= max= min= name= save-config?`,
    madeFor('horizontalpodautoscalers.autoscaling'),
  ),
  command(
    'expose',
    `${prints} ${files} ${dryRuns} cluster-ip= external-ip= l/labels= load-balancer-ip= name= port= protocol= save-config?
    selector= session-affinity= target-port= type=`,
    madeFor('services'),
  ),
  command(
    'set image',
    set,
    changes('asked', (args) => beforePairs(args, isPair)),
  ),
  command('set env', `${set} c/containers= e/env= from= keys= list? overwrite? prefix= resolve?`, setEnv),
  command('set resources', `${set} c/containers= limits= requests=`, changes('asked')),
  command(
    'set serviceaccount',
    `${prints} ${files} ${dryRuns} all?`,
    changes('asked', (args) => args.slice(0, -1)),
  ),
  command(
    'set selector',
    `${prints} ${files} ${dryRuns} all? resource-version=`,
    changes('asked', (args) => args.slice(0, -1)),
  ),
  command('set subject', `${set} group= serviceaccount= user=`, changes('asked')),
  ...['rollout restart', 'rollout pause', 'rollout resume'].map((path) =>
    command(path, `${prints} ${files} field-manager= l/selector=`, changes('always')),
  ),
  command('rollout undo', `${prints} ${files} dry-run~unchanged l/selector= to-revision=`, undo),
];
