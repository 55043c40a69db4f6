/** JSON values, and the one way to write them down: RFC 8785. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The canonical form of a JSON value by RFC 8785 (JCS).
 *
 * @throws {TypeError} for what is no JSON value: undefined, NaN, a function, a lone surrogate, a cycle.
 */
export function canonicalJson(value: Json): string {
  const text: string | undefined = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** SHA-256, as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
