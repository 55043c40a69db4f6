/** The commands for nodes and certificates. */
import type { Effect } from '@countersign/core';
import { every } from '../actions.ts';
import { builtIn } from '../kinds.ts';
import {
  beforePairs,
  type Command,
  command,
  dryRuns,
  effectsOn,
  files,
  type Given,
  isClientDryRun,
  isOf,
  malformed,
  of,
  placesOf,
  prints,
  writesOn,
} from './command.ts';

function nodes(given: Given): readonly Effect[] {
  const places = placesOf(given, given.args, 'asked', builtIn('nodes'));
  if (!places.every((place) => isOf(place, 'nodes'))) throw malformed('what is no node', 'NODE');
  return writesOn(given, places, 'patch');
}

/** What runs on a node is not known before: it may be any pod. */
const drain: Command['effects'] = (given) => [
  ...nodes(given),
  ...effectsOn(
    [
      { ...of(given, 'pods'), namespace: every },
      { ...of(given, 'daemonsets.apps'), namespace: every },
    ],
    'list',
  ),
  ...(isClientDryRun(given) ? [] : effectsOn([{ ...of(given, 'pods'), namespace: every }], 'delete')),
];

const isTaint = (word: string) => word.includes('=') || word.includes(':') || word.endsWith('-');

const certificates: Command['effects'] = (given) =>
  effectsOn(placesOf(given, given.args, 'never', builtIn('csr')), 'update', 'approval');

export const cluster: readonly Command[] = [
  ...['cordon', 'uncordon'].map((path) => command(path, 'dry-run~unchanged l/selector=', nodes)),
  command(
    'drain',
    `chunk-size= delete-emptydir-data? disable-eviction? dry-run~unchanged force? grace-period= ignore-daemonsets?
    pod-selector= l/selector= skip-wait-for-delete-timeout= timeout=`,
    drain,
  ),
  command('taint', `${prints} ${dryRuns} all? overwrite? l/selector= validate~strict`, (given) =>
    writesOn(given, placesOf(given, beforePairs(given.args, isTaint)), 'patch'),
  ),
  ...['certificate approve', 'certificate deny'].map((path) =>
    command(path, `${prints} ${files} force?`, certificates),
  ),
];
