/**
 * The objects that a write is about, as they are now: looked at for the card, and once more before kubectl runs. Only what
 * tells one from another is read: names, uids and versions.
 */
import { createHmac } from 'node:crypto';
import {
  asCountersignError,
  baseAction,
  type Effect,
  type Json,
  type MeasuredEffect,
  splitResource,
  type TableChanges,
} from '@countersign/core';
import { within } from '../../runtime/within.ts';
import type { Analysis, Measuring } from '../protocol.ts';
import { every } from './actions.ts';
import { member } from './api-request.ts';
import { kindsOf, type ReliedOn, reliedOn } from './effects.ts';
import type { Kind } from './kinds.ts';
import type { Reach } from './reach.ts';
import { readJson } from './read-json.ts';

/** What becomes of an object. */
type Change = 'inserted' | 'updated' | 'deleted';

export interface Affected {
  readonly kind: Kind;
  /** Empty for what has none. */
  readonly namespace: string;
  readonly name: string;
  readonly change: Change;
  /** Whether the line tells of it without its name. */
  readonly selected: boolean;
  /** Null for what is not there. */
  readonly uid: string | null;
  /** What its content is known by: null where other programs change it all the time, and for what is not there. */
  readonly version: string | null;
}

/** Milliseconds, and bytes of one answer, for a look. */
const withinMs = 5000;
const maxBytes = 4 * 1024 * 1024;
/** A card with more objects is nothing that anybody reads. */
const mostObjects = 500;

/** What happens to other objects than those that the line tells of, or to none. */
const notTold: ReadonlySet<string> = new Set(['exec', 'debug', 'drain', 'create token', 'diff']);

/** Whether the objects of a call can be looked at. */
export const canBeLookedAt = (analysis: Analysis): boolean =>
  !notTold.has(reliedOn(analysis).command) && changesOf(analysis).length > 0;

/** One target of the call's own writes, with the actions on it. */
interface Written {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly actions: readonly string[];
}

function changesOf(analysis: Analysis): readonly Written[] {
  const kinds = kindsOf(analysis);
  const writes = analysis.effects.filter(
    ({ action, via }) => via === undefined && ['write', 'admin'].includes(baseAction(action)),
  );
  return [...Map.groupBy(writes, ({ resource }) => resource)].flatMap(([resource, all]) => {
    const [namespace = '', group = '', plural = '', name = ''] = splitResource(resource).segments.map(
      (segment) => (segment === every ? every : decodeURIComponent(segment)),
    );
    const kind = kinds.of(group === '-' ? '' : group, plural);
    const where = namespace === '-' ? '' : namespace;
    return kind === null ? [] : [{ kind, namespace: where, name, actions: all.map(refinement) }];
  });
}

const refinement = ({ action }: Effect): string => action.slice(action.indexOf('.') + 1);

/** The objects; in words, why they can't be told. */
export async function lookAt(
  reach: Reach,
  analysis: Analysis,
  signal: AbortSignal,
): Promise<readonly Affected[] | string> {
  try {
    return await within(reach.runtime, withinMs, async (late) => {
      const until = AbortSignal.any([late, signal, reach.closing]);
      const found: Affected[] = [];
      for (const written of changesOf(analysis)) {
        const some = await objectsOf(reach, written, reliedOn(analysis), until);
        if (typeof some === 'string') return some;
        found.push(...some);
        if (found.length > mostObjects) return tooMany;
      }
      return found;
    });
  } catch (thrown) {
    signal.throwIfAborted();
    return asCountersignError(thrown, 'timed_out').entry.people;
  }
}

const tooMany = `more than ${mostObjects} objects`;

async function objectsOf(
  { cluster }: Reach,
  written: Written,
  { selector, fieldSelector }: ReliedOn,
  signal: AbortSignal,
): Promise<readonly Affected[] | string> {
  const { kind, namespace, name, actions } = written;
  const creates = actions.includes('create');
  const selected = name === every;
  const made: Affected = {
    kind,
    namespace,
    name,
    change: 'inserted',
    selected: false,
    uid: null,
    version: null,
  };
  // The server makes the name up.
  if (selected && creates) return [{ ...made, name: '' }];
  const path = pathOf(written, selected ? { labelSelector: selector, fieldSelector } : null);
  const accept = `application/json;as=${selected ? 'PartialObjectMetadataList' : 'PartialObjectMetadata'};g=meta.k8s.io;v=v1`;
  const answer = await cluster.read(
    { method: 'GET', path, headers: [['accept', accept]], body: null },
    signal,
  );
  const body = await readJson(answer, maxBytes);
  if (answer.statusCode === 404 && !selected && isMissing(body)) return creates ? [made] : [];
  if (answer.statusCode !== 200 || body === null)
    return `the API server answered with status ${answer.statusCode}`;
  const items = selected ? itemsIn(body) : [body];
  if (items === null) return tooMany;
  return items.map((item) => ({ kind, change: changeOf(actions), selected, ...identityOf(kind, item) }));
}

/** What becomes of one that is there. Deleted and created anew, it is another one of that name. */
function changeOf(actions: readonly string[]): Change {
  if (actions.includes('delete') && !actions.includes('create')) return 'deleted';
  return actions.every((action) => action === 'create') ? 'inserted' : 'updated';
}

function pathOf(
  { kind, namespace, name }: Written,
  selectors: Readonly<Record<string, string | null>> | null,
): string {
  const root = kind.group === '' ? '/api/v1' : `/apis/${kind.group}/${kind.version}`;
  const where = kind.namespaced && namespace !== every ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  if (selectors === null) return `${root}${where}/${kind.resource}/${encodeURIComponent(name)}`;
  const query = new URLSearchParams({ limit: String(mostObjects + 1) });
  for (const [key, value] of Object.entries(selectors)) if (value !== null) query.set(key, value);
  return `${root}${where}/${kind.resource}?${query.toString()}`;
}

/** Whether the object is not there, and not its kind: `pods "web" not found`. */
function isMissing(body: Json | null): boolean {
  const message = body === null ? undefined : member(body, 'message');
  return (
    body !== null &&
    member(body, 'reason') === 'NotFound' &&
    typeof message === 'string' &&
    message.endsWith('" not found')
  );
}

function itemsIn(body: Json): readonly Json[] | null {
  const items = member(body, 'items');
  const more = member(member(body, 'metadata'), 'continue');
  return Array.isArray(items) && (more === undefined || more === '') ? items : null;
}

/** Kinds whose version changes with what happens in the cluster, and that have no other. */
const restless: ReadonlySet<string> = new Set([
  'pods.',
  'nodes.',
  'namespaces.',
  'persistentvolumes.',
  'persistentvolumeclaims.',
  'resourcequotas.',
  'endpoints.',
  'leases.coordination.k8s.io',
]);

/** What tells it from another one, and from itself before it was changed. */
function identityOf(kind: Kind, object: Json): Pick<Affected, 'namespace' | 'name' | 'uid' | 'version'> {
  const metadata = member(object, 'metadata');
  const text = (name: string) => {
    const value = member(metadata, name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const isRestless = restless.has(`${kind.resource}.${kind.group}`);
  return {
    namespace: text('namespace') ?? '',
    name: text('name') ?? '',
    uid: text('uid'),
    version: text('generation') ?? (isRestless ? null : text('resourceVersion')),
  };
}

/** The objects by kind and namespace, and the digest of which they are, in which version. */
export function effectOf(
  found: readonly Affected[],
  { digestKey }: Pick<Measuring, 'digestKey'>,
): MeasuredEffect {
  const tables = [...Map.groupBy(found, tableOf)].map(([table, all]): TableChanges => {
    const count = (change: Change) => all.filter((one) => one.change === change).length;
    return { table, inserted: count('inserted'), updated: count('updated'), deleted: count('deleted') };
  });
  const known = found.map((one) =>
    JSON.stringify([tableOf(one), one.name, one.change, one.uid, one.version]),
  );
  const digest = createHmac('sha256', digestKey).update(JSON.stringify(known.toSorted())).digest('hex');
  return { tables: tables.toSorted((a, b) => (a.table < b.table ? -1 : 1)), digest, unbound: [] };
}

/** `deployments.apps in shop`. */
export const tableOf = ({ kind: { group, resource }, namespace }: Affected): string =>
  `${resource}${group === '' ? '' : `.${group}`}${namespace === '' ? '' : ` in ${namespace}`}`;
