/** The commands of kubectl that a call may use, by their paths and by what else they are called. */
import { cluster } from './cluster.ts';
import type { Command } from './command.ts';
import { creating } from './creating.ts';
import { pods } from './pods.ts';
import { reading } from './reading.ts';
import { writing } from './writing.ts';

const commands: ReadonlyMap<string, Command> = new Map(
  [...reading, ...writing, ...creating, ...pods, ...cluster].map((command) => [command.path, command]),
);

export const commandAt = (path: string): Command | null => commands.get(path) ?? null;

/** Paths that more words follow; some are commands themselves. */
const groups: ReadonlySet<string> = new Set(
  [...commands.keys()].flatMap((path) => {
    const words = path.split(' ');
    return words.slice(1).map((_, index) => words.slice(0, index + 1).join(' '));
  }),
);

/** Other names that kubectl has for them. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['top pods', 'top pod'],
  ['top po', 'top pod'],
  ['top nodes', 'top node'],
  ['top no', 'top node'],
  ['create ns', 'create namespace'],
  ['create cm', 'create configmap'],
  ['create deploy', 'create deployment'],
  ['create svc', 'create service'],
  ['create sa', 'create serviceaccount'],
  ['create resourcequota', 'create quota'],
  ['create pdb', 'create poddisruptionbudget'],
  ['create pc', 'create priorityclass'],
  ['create ing', 'create ingress'],
  ['create cj', 'create cronjob'],
  ['set sa', 'set serviceaccount'],
]);

/** What a word names below a command, as kubectl finds it; null where it names none that is known. */
export function commandBelow(above: string, word: string): string | null {
  const written = above === '' ? word : `${above} ${word}`;
  const path = aliases.get(written) ?? written;
  return commands.has(path) || groups.has(path) || refused.has(path) ? path : null;
}

/** Commands that no call may use, and why. */
export const refused: ReadonlyMap<string, string> = new Map([
  ['attach', 'it is interactive'],
  ['edit', 'it is interactive'],
  ['apply edit-last-applied', 'it is interactive'],
  ['port-forward', 'it opens a way around the gateway'],
  ['proxy', 'it opens a way around the gateway'],
  ['plugin', 'it runs other programs'],
  ['kustomize', 'it reads files'],
  ['cp', 'it reads and writes files'],
  ['config', 'the gateway chooses the cluster and the user'],
  ['kuberc', 'the gateway chooses the settings'],
  ['cluster-info dump', 'it reads everything, and writes files'],
  ['auth reconcile', 'what it changes can’t be told beforehand'],
  ['create secret tls', 'it reads files'],
  ['alpha', 'what it does may change'],
  ['completion', 'it is for a shell'],
  ['options', 'it is for people'],
  ['help', 'it is for people'],
]);
