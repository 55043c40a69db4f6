/**
 * JSON from outside, checked on its raw bytes. `JSON.parse` lets two different texts become one value: a key written
 * twice, a number that loses digits, half a surrogate pair. What people approve and what runs must not differ by that,
 * so such texts are refused before anything is made of them.
 */
import { CountersignError } from './error.ts';
import type { Json } from './json.ts';

/** How large and how deep a text may be. */
export interface StrictJsonLimits {
  /** Bytes; default 1 MiB. */
  readonly bytes?: number;
  /** Levels of arrays and objects; default 32. */
  readonly depth?: number;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const refused = (what: string, expected: string) => new CountersignError('malformed', { what, expected });

/**
 * Parses raw JSON bytes.
 *
 * @throws {CountersignError} `too_large` beyond the byte limit; `malformed` for bytes that are not UTF-8, text that is
 * not JSON, nesting beyond the depth limit, a repeated key, a lone surrogate, a NUL, `__proto__` as a key, or a number
 * that does not print back as it was written (12345678901234567890, 1.0, 1e2).
 */
export function parseStrictJson(raw: Uint8Array, limits: StrictJsonLimits = {}): Json {
  const { bytes = 1024 * 1024, depth = 32 } = limits;
  if (raw.byteLength > bytes)
    throw new CountersignError('too_large', {
      what: `${raw.byteLength} bytes`,
      expected: `at most ${bytes}`,
    });
  let text: string;
  try {
    text = decoder.decode(raw);
  } catch (cause) {
    throw new CountersignError(
      'malformed',
      { what: 'bytes that are not UTF-8', expected: 'UTF-8 text' },
      { cause },
    );
  }
  checkDepth(text, depth);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new CountersignError(
      'malformed',
      { what: 'text that is not JSON', expected: 'one JSON document' },
      { cause },
    );
  }
  checkTokens(text);
  return value;
}

/** Nesting is bounded first, so that no later step can be made to recurse too deep. Works on any text. */
function checkDepth(text: string, depth: number): void {
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 0x22) at = endOfString(text, at);
    else if (c === 0x7b || c === 0x5b) {
      if (++level > depth) throw refused(`nesting beyond ${depth} levels`, `at most ${depth}`);
    } else if (c === 0x7d || c === 0x5d) level--;
  }
}

/** The index of the quote that ends the string beginning at `start`; the text's end where none does. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const c = text.charCodeAt(at);
    if (c === 0x22) return at;
    at += c === 0x5c ? 2 : 1;
  }
  return text.length;
}

const numberCharacter = /[-+.0-9eE]/;

/** Walks text that is known to be JSON, token by token. */
function checkTokens(text: string): void {
  /** The keys seen in each open object; null for an open array. */
  const open: (Set<string> | null)[] = [];
  let expectKey = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (c === '"') {
      const end = endOfString(text, at);
      const value = JSON.parse(text.slice(at, end + 1)) as string;
      if (!value.isWellFormed()) throw refused('a lone surrogate', 'well-formed unicode');
      if (value.includes('\0')) throw refused('a NUL character', 'text without NUL');
      if (expectKey) checkKey(value, open.at(-1));
      expectKey = false;
      at = end;
    } else if (c === '{') {
      open.push(new Set());
      expectKey = true;
    } else if (c === '[') {
      open.push(null);
      expectKey = false;
    } else if (c === '}' || c === ']') {
      open.pop();
      expectKey = false;
    } else if (c === ',') expectKey = open.at(-1) instanceof Set;
    else if (c === '-' || (c >= '0' && c <= '9')) {
      let end = at + 1;
      while (end < text.length && numberCharacter.test(text[end] as string)) end++;
      checkNumber(text.slice(at, end));
      at = end - 1;
    }
  }
}

function checkKey(key: string, seen: Set<string> | null | undefined): void {
  if (key === '__proto__') throw refused('the key "__proto__"', 'another key');
  if (seen?.has(key))
    throw refused(`the key ${JSON.stringify(key.slice(0, 60))} twice in one object`, 'each key once');
  seen?.add(key);
}

function checkNumber(source: string): void {
  if (String(Number(source)) === source) return;
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source;
  throw refused(
    `the number ${shown}`,
    `a number that prints back as it was written, or a string: "${shown}"`,
  );
}
