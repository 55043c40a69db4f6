/** Whether a request of the API may go to the cluster: only what the decided effects cover, and nothing that carries a mask. */
import { baseAction, type Effect, type Json } from '@countersign/core';
import { carriesMask } from '../../../masking/replacements.ts';
import { type ApiRequest, member, type RawRequest, readApiRequest } from '../api-request.ts';
import { apiEffects, covered } from '../coverage.ts';
import { redactedBytes } from '../mask.ts';

export interface Consent {
  /** What was decided. */
  readonly effects: readonly Effect[];
  readonly dryRunOnly: boolean;
  /** Whether values are hidden by where they stand, so that nothing may be moved from there. */
  readonly hidesByPath: boolean;
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
  { effects: decided, dryRunOnly, hidesByPath }: Consent,
): Passing | Refused {
  const request = readApiRequest(raw);
  if ('why' in request) return { kind: 'refused', request: null, effects: [], why: request.why };
  const effects = apiEffects(request);
  const refused = (why: string): Refused => ({ kind: 'refused', request, effects, why });
  if (!covered(decided, effects)) return refused('what was decided does not cover it');
  const changes =
    !request.dryRun && effects.some(({ action }) => !['read', 'secret'].includes(baseAction(action)));
  if (dryRunOnly && changes) return refused('only a dry run is wanted here');
  if (request.verb === 'connect' && isInteractive(request)) return refused('nobody is there to type');
  if (holdsMask(request.bodyText)) return refused('it carries a mask, which is no value');
  if (movesHidden(request, hidesByPath)) return refused('it moves or compares values that are hidden');
  return { kind: 'passes', request, effects, changes };
}

const isInteractive = ({ query }: ApiRequest): boolean =>
  ['stdin', 'tty'].some((name) => !['', 'false', '0', undefined].includes(query.get(name)?.[0]));

/** As it is, and as the data of a Secret would carry it. */
const holdsMask = (text: string): boolean =>
  carriesMask(text) || text.includes(redactedBytes.replace(/=+$/, ''));

/** Steps of a JSON patch that copy a value to where it is shown, or tell whether it is one that is guessed. */
const telling = new Set(['copy', 'move', 'test']);

function movesHidden({ body, group, resource }: ApiRequest, hidesByPath: boolean): boolean {
  if (!Array.isArray(body) || !(hidesByPath || (group === '' && resource === 'secrets'))) return false;
  return body.some((step: Json) => {
    const op = member(step, 'op');
    return typeof op !== 'string' || telling.has(op.toLowerCase());
  });
}
