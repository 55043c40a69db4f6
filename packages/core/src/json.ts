/** JSON values, and the one way to write them down: RFC 8785. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The canonical form of a JSON value by RFC 8785 (JCS). A key whose value is undefined counts as absent.
 *
 * @throws {TypeError} for what is no JSON value: undefined, NaN, a function, a date or any other object with a class, a
 * lone surrogate, a cycle.
 */
export function canonicalJson(value: Json): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new TypeError('not a JSON value', { cause });
  }
  if (text === undefined) throw new TypeError('not a JSON value');
  checkJson(value);
  return text;
}

/** What the library writes as if it were something else: two different values must not have one form. */
function checkJson(value: unknown): void {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (Array.isArray(next)) for (const item of next as readonly unknown[]) open.push(present(item));
    else if (typeof next === 'object' && next !== null) {
      if (!isPlain(next)) throw new TypeError('not a JSON value: an object with a class');
      for (const member of Object.values(next)) if (member !== undefined) open.push(member);
    } else if (typeof next === 'function' || typeof next === 'symbol')
      throw new TypeError('not a JSON value');
  }
}

function present(item: unknown): unknown {
  if (item === undefined) throw new TypeError('not a JSON value: undefined in an array');
  return item;
}

/** An object literal or a parsed one, of this realm or another; or one without a prototype. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** SHA-256, as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
