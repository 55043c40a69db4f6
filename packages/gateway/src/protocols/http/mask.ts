/**
 * Masks on an answer: its headers, and its body by what it is. What can't be read as text is withheld, because no mask
 * could be applied to it.
 */
import type { HttpResult } from '@countersign/core';
import type { Masker } from '../../masking/masker.ts';
import { redacted } from '../../masking/replacements.ts';
import { maskText } from './body-text.ts';
import { bodyText, isBinaryType } from './charset.ts';
import { hideSecrets, holdSecrets, tellsInPieces } from './echoes.ts';
import type { Header } from './headers.ts';
import type { ReadBody } from './response-body.ts';

export interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly read: ReadBody;
  /** The credentials that went with the request. */
  readonly secrets: readonly string[];
  readonly masker: Masker;
  /** What else a name in the answer can stand for, where the request gives names: alias → fields. */
  readonly aliases?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  /** Whether a body that is no text may go to the agent: one of a type that is none, and that no path looks into. */
  readonly binary: boolean;
}

/** Headers of the connection, or that would hand the agent a credential or a session. */
const dropped =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|set-cookie2?|authorization|cookie|authentication-info|content-encoding|content-length|content-md5|digest|content-digest|repr-digest|x-.*-token|.*api-?key.*)$/;

/** What of a body that was cut may be the beginning of a value that no detector knows by its beginning. UTF-16 units. */
const cutTail = 8192;

/** What of an answer the agent may see. */
export function maskAnswer(answer: Answer): HttpResult {
  const { status, masker, secrets } = answer;
  const clean = (text: string): string =>
    hideSecrets(masker.cell(0, hideSecrets(text, secrets)) ?? '', secrets);
  const headers = answer.headers
    .filter(([name]) => !dropped.test(name) && hideSecrets(name, secrets) === name)
    .map(([name, value]): [string, string] => [name, clean(value)]);
  const { body, truncated } = maskBody(answer, clean);
  return { status, headers, body, truncated };
}

function maskBody(
  { headers, read, binary, masker, aliases, secrets }: Answer,
  clean: (text: string) => string,
): Pick<HttpResult, 'body' | 'truncated'> {
  const { bytes, truncated } = read;
  if (bytes.length === 0 && !read.packed) return { body: '', truncated };
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const text = read.packed ? null : bodyText(bytes, type, truncated);
  if (text === null) {
    const whole = binary && !truncated && !read.packed && isBinaryType(type);
    if (whole && masker.paths === undefined && !holdSecrets(bytes, secrets))
      return { body: bytes.toString('base64'), truncated };
    return { body: `[withheld: ${bytes.length} bytes that are no text]`, truncated };
  }
  const paths = aliases === undefined ? masker.paths : masker.paths?.map((path) => ({ ...path, aliases }));
  const masked = maskText(text, type, clean, paths);
  if (masked === redacted || tellsInPieces(masked, secrets)) return { body: redacted, truncated };
  if (!truncated) return { body: masked, truncated };
  const hides = masker.touches(0) || secrets.length > 0;
  return { body: hides ? masked.slice(0, -Math.min(cutTail, masked.length >> 1)) : masked, truncated };
}
