/**
 * What an agent may say in headers: a short list. Everything else decides who asks (`Authorization`, `Cookie`,
 * `X-Forwarded-For`), where it goes (`Host`, `X-Original-URL`), what it does (`X-HTTP-Method-Override`), how it is framed
 * (`Connection`, `Transfer-Encoding`), or what of the answer can be seen whole (`Range`).
 */
import { CountersignError } from '@countersign/core';

export type Header = readonly [name: string, value: string];

const usual: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'cache-control',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'idempotency-key',
  'pragma',
  'prefer',
  'traceparent',
  'tracestate',
  'x-correlation-id',
  'x-idempotency-key',
  'x-request-id',
  'x-requested-with',
]);

/** What no connection can let an agent say: the gateway's own, a hop's, or one that turns the request into another. */
const never =
  /^(?:host|authorization|cookie2?|connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|expect|content-length|content-encoding|accept-encoding|via|forwarded|range|if-range|max-forwards|destination|x-original-.*|x-rewrite-.*|x-real-ip|x-client-ip|client-ip|true-client-ip|cf-connecting-ip|x-http-.*|x-method.*|.*method-override.*|x-forwarded-.*|x-host|x-url|proxy-.*|sec-.*|:.*)$/;

/** Whether a connection may name it under `allow_headers`. */
export const mayBeAllowed = (name: string): boolean =>
  token.test(name) && !never.test(name.replaceAll('_', '-'));

const token = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const value = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;

/**
 * Reads the agent's headers; names come back in lower case, in order.
 *
 * @param more Names in lower case that this connection allows.
 * @param credential The header that carries the connection's own credential, in lower case.
 * @throws {CountersignError} `malformed`.
 */
export function parseHeaders(
  pairs: readonly (readonly [string, string])[],
  more: ReadonlySet<string>,
  credential: string | null,
): readonly Header[] {
  const seen = new Set<string>();
  return pairs.map(([written, text]): Header => {
    const name = written.toLowerCase();
    if (!/^[\x21-\x7e]+$/.test(written) || !token.test(name))
      throw malformed('a header whose name is no token', 'letters, digits and hyphens');
    const allowed = (usual.has(name) || more.has(name)) && mayBeAllowed(name) && name !== credential;
    if (!allowed)
      throw malformed(
        `the header ${name.slice(0, 60)}, which an agent may not set`,
        `one of ${[...usual, ...more].join(', ')}`,
      );
    if (!value.test(text))
      throw malformed(`a value of ${name} that is no line of ASCII`, 'printable ASCII in one line');
    if (seen.has(name)) throw malformed(`the header ${name} twice`, 'each header once');
    seen.add(name);
    return [name, text];
  });
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
