/** What the approver sees of an HTTP call: the request as it will be sent, and for an update what it changes. */
import { baseAction, visibleText } from '@countersign/core';
import type { Analysis, Preview, PreviewWish } from '../protocol.ts';
import {
  type Current,
  differenceOf,
  effectOf,
  hasPrecondition,
  looksFirst,
  namesVersion,
  precondition,
  readCurrent,
} from './current.ts';
import type { HttpRequest } from './input.ts';
import type { Reach } from './reach.ts';

export async function preview(
  reach: Reach,
  request: HttpRequest,
  analysis: Analysis,
  signal: AbortSignal,
  wish?: PreviewWish,
): Promise<Preview> {
  const { method, path, headers, body } = request;
  const { origin, basePath, authName } = reach.settings;
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const credential =
    authName === null ? 'without a credential' : `with the connection’s credential (${authName})`;
  const { notes, ...seen } = await look(reach, request, analysis, signal, wish);
  return {
    input: [
      { label: 'request', text: visibleText(`${method} ${basePath}${path}`) },
      ...(lines.length === 0 ? [] : [{ label: 'headers', text: visibleText(lines.join('\n')) }]),
      ...(body === null ? [] : [{ label: 'body', text: visibleText(body) }]),
    ],
    words: analysis.effects.map(
      ({ action, resource }) => `${verb(action)} ${resource.slice('http:'.length)}${operationIn(analysis)}`,
    ),
    impact: {
      count: null,
      unit: 'requests',
      how: 'none',
      why: 'not tried: a server can’t take a request back',
    },
    ...seen,
    notes: [`Sent to ${origin.origin}, ${credential}.`, ...notes],
  };
}

/** What is there now, where the connection lets the gateway look. */
async function look(
  reach: Reach,
  request: HttpRequest,
  analysis: Analysis,
  signal: AbortSignal,
  wish: PreviewWish | undefined,
): Promise<Pick<Preview, 'effect' | 'sample' | 'notes'>> {
  if (wish === undefined || !looksFirst(reach, request, analysis)) return { notes: [] };
  const current = await readCurrent(reach, request, signal);
  if (typeof current === 'string')
    return { notes: [`What is there now could not be read, so nothing of it is bound: ${current}.`] };
  const difference = differenceOf(request, current, wish.makeMasker(analysis.lineage.outputs));
  return {
    effect: effectOf(request, current, wish),
    ...(difference === null ? {} : { sample: [difference] }),
    notes: [
      'What is there now was read for this card; where it is another by then, the request is not sent.',
      boundBy(request, current),
      ...(difference === null
        ? ['What changes can’t be shown: what is there or what is sent is no JSON object.']
        : []),
    ],
  };
}

function boundBy(request: HttpRequest, current: Current): string {
  if (precondition(request, current) !== null)
    return 'The server is told which version this was made for, and refuses it for any other.';
  if (namesVersion(request, current))
    return 'The request names a version itself, and the server refuses it for any other.';
  return hasPrecondition(request)
    ? 'The request lets more than one version through: it is read once more before the request is sent, and could change in between.'
    : 'The server gives it no version: it is read once more before the request is sent, and could change in between.';
}

function verb(action: Analysis['effects'][number]['action']): string {
  if (action === 'write.delete') return 'deletes';
  return baseAction(action) === 'read' ? 'reads' : 'changes';
}

/** Its name in the OpenAPI document. */
function operationIn({ reliedOn }: Analysis): string {
  const { operation } = (reliedOn ?? {}) as { readonly operation?: string };
  return operation === undefined ? '' : ` (${visibleText(operation)})`;
}
