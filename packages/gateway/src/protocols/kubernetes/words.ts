/** Effects on objects of a cluster, and lines of kubectl, in words for people. */
import { baseAction, type Effect, splitResource, visibleText } from '@countersign/core';
import { every } from './actions.ts';

const verbs: Readonly<Record<string, string>> = {
  read: 'reads',
  secret: 'reads the values of',
  'secret.token': 'makes a token of',
  'write.create': 'creates',
  'write.update': 'replaces',
  'write.patch': 'changes',
  'write.delete': 'deletes',
  'admin.create': 'creates',
  'admin.update': 'replaces',
  'admin.patch': 'changes',
  'admin.delete': 'deletes',
  execute: 'runs something in',
};

/** `deletes deployments.apps web in shop`. */
export function effectInWords({ action, resource, via }: Effect): string {
  const [namespace = '', group = '', plural = '', name = ''] = splitResource(resource).segments.map(
    (segment) => (segment === every ? every : decodeURIComponent(segment)),
  );
  const what = plural === every ? 'everything' : group === '-' ? plural : `${plural}.${group}`;
  const which = name === every ? (plural === every ? '' : 'all ') : '';
  const where =
    namespace === '-' ? 'of the cluster' : namespace === every ? 'in all namespaces' : `in ${namespace}`;
  const told = name === every ? what : `${what} ${name}`;
  const verb = verbs[action] ?? verbs[baseAction(action)] ?? action;
  return `${verb} ${which}${told} ${where}${via === undefined ? '' : ` (via ${via})`}`;
}

/** A line as it would be typed: words with anything but plain characters in them are quoted. */
export const lineOf = (argv: readonly string[]): string =>
  ['kubectl', ...argv]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');

/** The same, with everything in it visible. */
export const visibleLine = (argv: readonly string[]): string => visibleText(lineOf(argv));
