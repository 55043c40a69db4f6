/**
 * Why the API server did not take a change, without what it quotes: its validation prints whole objects, as they are kept,
 * and in a form in which neither a path nor a name says what is hidden of them.
 */
import type { Json } from '@countersign/core';
import { type ApiRequest, member } from '../api-request.ts';

/** Verbs about an object that is there already. What a create is refused for, it brought itself. */
const changing: ReadonlySet<string> = new Set(['update', 'patch', 'apply']);
/** What these say holds names only. */
const plain: ReadonlySet<number> = new Set([401, 403, 404, 409, 410, 429]);

/** Whether an answer may quote an object as it is kept. */
export const quotes = ({ verb }: ApiRequest, status: number): boolean =>
  changing.has(verb) && status >= 400 && !plain.has(status);

/** A Status as JSON, with the fields that were wrong and in which way, and none of their values. */
export function withoutValues(text: string, code: number): string {
  const given = parsed(text);
  const details = member(given, 'details');
  const causes = member(details, 'causes');
  const fields = (Array.isArray(causes) ? causes : []).map((cause: Json) => ({
    field: textOf(member(cause, 'field')) ?? '',
    reason: textOf(member(cause, 'reason')) ?? '',
  }));
  const [kind, name] = [textOf(member(details, 'kind')), textOf(member(details, 'name'))];
  const what = kind === null || name === null ? 'the change' : `${kind} ${JSON.stringify(name)}`;
  const which = fields.map(({ field, reason }) => `${field} (${reason})`).join(', ');
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: textOf(member(given, 'reason')) ?? 'Invalid',
    message: `${what} is invalid${which === '' ? '' : `: ${which}`}; ${hidden}`,
    details: {
      ...(kind === null || name === null ? {} : { kind, name }),
      causes: fields.map(({ field, reason }) => ({ reason, field, message: `${reason}; ${hidden}` })),
    },
    code,
  });
}

const hidden = 'what the API server says of it may quote values, and is hidden';

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
