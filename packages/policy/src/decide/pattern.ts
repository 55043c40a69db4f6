/**
 * Resource patterns: `*` matches within a segment, `**` across segments. Matched by walking all possible positions at
 * once, so that the time is the product of the two lengths whatever they hold.
 */
import { encodeSegment, separatorOf } from '@countersign/core';

/** A literal character, a star, or a double star. */
type Token = string | typeof star | typeof globstar;
const star = Symbol('*');
const globstar = Symbol('**');

export interface Pattern {
  readonly kind: string;
  /** The segments before the first that holds a star: what an index can look up. */
  readonly literals: readonly string[];
  /** Whether the pattern is one name, without stars. */
  readonly exact: boolean;
  /** The whole of it, kind included, in the one spelling that names have. */
  readonly text: string;
  matches(name: string): boolean;
  /** Whether some name that begins with `prefix` could match. */
  couldMatchBelow(prefix: string): boolean;
  /** Whether one of the names could match that `names` stands for: in it, a bare star stands for any part of a segment. */
  couldMatch(names: string): boolean;
}

/** Brings the spelling of a segment to the one resource names have; stars stay stars. */
function canonicalSegment(segment: string): string {
  return segment
    .split(/(\*+)/)
    .map((part) => (part.startsWith('*') ? part : encodeSegment(decodeURIComponent(part))))
    .join('');
}

/**
 * Compiles `kind:segments`.
 *
 * @throws {URIError} where a percent-encoding is broken.
 */
export function compilePattern(kind: string, written: string): Pattern {
  const separator = separatorOf(kind);
  const segments = written.split(separator).map(canonicalSegment);
  const firstWild = segments.findIndex((segment) => segment.includes('*'));
  const text = `${kind}:${segments.join(separator)}`;
  if (firstWild < 0)
    return {
      kind,
      literals: segments,
      exact: true,
      text,
      matches: (name) => name === text,
      couldMatchBelow: (prefix) => text.startsWith(prefix),
      couldMatch: (names) => walk(text.split(''), names, separator, true)[text.length] === 1,
    };
  const tokens = tokenize(text);
  return {
    kind,
    literals: segments.slice(0, firstWild),
    exact: false,
    text,
    matches: (name) => walk(tokens, name, separator)[tokens.length] === 1,
    couldMatchBelow: (prefix) => walk(tokens, prefix, separator).includes(1),
    couldMatch: (names) => walk(tokens, names, separator, true)[tokens.length] === 1,
  };
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const part of text.split(/(\*+)/)) {
    if (part.startsWith('**')) tokens.push(globstar);
    else if (part === '*') tokens.push(star);
    else tokens.push(...part.split(''));
  }
  return tokens;
}

/**
 * The positions in the pattern that can be reached by consuming the whole text: 1 where reachable.
 *
 * @param wild Whether a star in the text stands for anything but a separator.
 */
function walk(tokens: readonly Token[], text: string, separator: string, wild = false): Uint8Array {
  let reached = new Uint8Array(tokens.length + 1);
  reached[0] = 1;
  passStars(tokens, reached);
  for (const unit of text.split('')) {
    if (wild && unit === '*') {
      passUpTo(separator, tokens, reached);
      continue;
    }
    const next = new Uint8Array(tokens.length + 1);
    for (let i = 0; i < tokens.length; i++) {
      if (reached[i] === 0) continue;
      const token = tokens[i];
      if (token === globstar || (token === star && unit !== separator)) next[i] = 1;
      else if (token === unit) next[i + 1] = 1;
    }
    passStars(tokens, next);
    reached = next;
  }
  return reached;
}

/** A star may also match nothing. */
function passStars(tokens: readonly Token[], reached: Uint8Array): void {
  for (let i = 0; i < tokens.length; i++)
    if (reached[i] === 1 && typeof tokens[i] === 'symbol') reached[i + 1] = 1;
}

/** What stands for anything may be what the pattern asks for next, and next, up to a separator. */
function passUpTo(separator: string, tokens: readonly Token[], reached: Uint8Array): void {
  for (let i = 0; i < tokens.length; i++) if (reached[i] === 1 && tokens[i] !== separator) reached[i + 1] = 1;
}
