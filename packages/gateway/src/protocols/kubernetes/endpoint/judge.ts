/** Whether a request of the API may go to the cluster: only what the decided effects cover, and nothing that carries a mask. */
import type { Effect, Json } from '@countersign/core';
import { carriesMask } from '../../../masking/replacements.ts';
import { type ApiRequest, isTrue, member, type RawRequest, readApiRequest } from '../api-request.ts';
import { apiEffects, covered } from '../coverage.ts';
import type { Kinds } from '../kinds.ts';
import { redactedBytes } from '../mask.ts';

export interface Consent {
  /** What was decided. */
  readonly effects: readonly Effect[];
  /** That the requests may be about. */
  readonly kinds: Kinds;
  readonly dryRunOnly: boolean;
  /** Whether values are hidden by where they stand, or by what they are called, so that nothing may be moved from there. */
  readonly hides: { readonly byPath: boolean; readonly byName: boolean };
}

export interface Passing {
  readonly kind: 'passes';
  readonly request: ApiRequest;
  readonly effects: readonly Effect[];
  /** Whether it can change something, so that an end that nobody saw is unknown. */
  readonly changes: boolean;
}

export interface Refused {
  readonly kind: 'refused';
  /** Null where the request could not even be read. */
  readonly request: ApiRequest | null;
  readonly effects: readonly Effect[];
  /** For people; holds names only. */
  readonly why: string;
}

export function judge(
  raw: RawRequest,
  { effects: decided, kinds, dryRunOnly, hides }: Consent,
): Passing | Refused {
  const request = readApiRequest(raw);
  if ('why' in request) return { kind: 'refused', request: null, effects: [], why: request.why };
  const effects = apiEffects(request, kinds);
  const refused = (why: string): Refused => ({ kind: 'refused', request, effects, why });
  if (!covered(decided, effects)) return refused('what was decided does not cover it');
  // A token that is made stays good, though nothing of it is kept.
  const changes = !request.dryRun && effects.some(({ action }) => action !== 'read' && action !== 'secret');
  if (dryRunOnly && changes) return refused('only a dry run is wanted here');
  if (request.verb === 'connect' && isInteractive(request)) return refused('nobody is there to type');
  if (holdsMask(request.bodyText)) return refused('it carries a mask, which is no value');
  if (movesHidden(request, hides)) return refused('it moves or compares values that are hidden');
  return { kind: 'passes', request, effects, changes };
}

const isInteractive = ({ query }: ApiRequest): boolean =>
  ['stdin', 'tty'].some((name) => isTrue(query.get(name)));

/** As it is, and as the data of a Secret would carry it. */
const holdsMask = (text: string): boolean =>
  carriesMask(text) || text.includes(redactedBytes.replace(/=+$/, ''));

/** Steps of a JSON patch that are known to leave values where they are. */
const staying = new Set(['add', 'remove', 'replace']);

/** A value must neither be copied to where it is shown, nor compared with one that is guessed. */
function movesHidden({ body, group, resource }: ApiRequest, { byPath, byName }: Consent['hides']): boolean {
  if (!Array.isArray(body)) return false;
  const hidden = byPath || (group === '' && resource === 'secrets');
  return body.some((step: Json) => {
    const [op, path] = [member(step, 'op'), member(step, 'path')];
    if (typeof op !== 'string' || typeof path !== 'string') return true;
    // A variable under another name is hidden no more.
    if (byName && path.endsWith('/name')) return true;
    return op === 'test' ? hidden : !staying.has(op) && (hidden || byName);
  });
}
