/** The kinds of resources, as far as policy has to know them. */
import type { ProtocolName } from '@countersign/core';

/** What rules may name. A protocol may bring about effects on more kinds: rules without `resources` speak of those. */
export const resourceKinds = [
  'table',
  'column',
  'function',
  'sequence',
  'role',
  'setting',
  'schema',
  'large_object',
  'file',
  'program',
  'server',
  'http',
  'k8s',
  'type',
  'database',
  'extension',
  'language',
  'publication',
  'subscription',
  'event_trigger',
  'tablespace',
  'foreign_data_wrapper',
  'user_mapping',
  'access_method',
  'collation',
  'conversion',
  'statistics',
  'text_search',
] as const;

/** The kinds of the protocols that have one of their own; all others are a database's. */
const ownKinds: ReadonlyMap<string, ProtocolName> = new Map([
  ['http', 'http'],
  ['k8s', 'kubernetes'],
]);

/** Which protocol brings about effects on this kind. */
export function protocolOfKind(kind: string): ProtocolName {
  return ownKinds.get(kind) ?? 'postgres';
}

const known: ReadonlySet<string> = new Set(resourceKinds);

/** Whether a rule may name resources of this kind. */
export function isResourceKind(kind: string): boolean {
  return known.has(kind);
}

/** Whether a word has the form of a kind. */
export function looksLikeKind(kind: string): boolean {
  return /^[a-z][a-z0-9_]{0,39}$/.test(kind);
}
