/** The objects that the words of a command line mean, as kubectl puts them together. */
import { CountersignError } from '@countersign/core';
import type { Kind, Kinds } from './kinds.ts';
import { checkName } from './names.ts';

/** Kinds and names: null for all of a kind. */
export interface Meant {
  readonly kind: Kind;
  readonly name: string | null;
}

/**
 * `pods`, `pods web db`, `pods,services`, `deploy/web svc/web`.
 *
 * @param kind What a bare word names an object of, where the command is about one kind only.
 * @throws {CountersignError} `unknown_object` for a kind that is not known; `malformed`.
 */
export function objectsMeant(kinds: Kinds, words: readonly string[], kind?: Kind): readonly Meant[] {
  const combined = words.filter((word) => word.includes('/'));
  if (kind !== undefined)
    return words.map((word) =>
      word.includes('/') ? combinedOf(kinds, word) : { kind, name: checkName(word) },
    );
  const [types = '', ...names] = words;
  if (combined.length === 0) {
    if (words.length === 0) throw malformed('no resource', 'TYPE NAME, TYPE/NAME or TYPE');
    // Of several kinds and a name, each kind has one of that name.
    const meant = [...new Set(types.split(','))].flatMap((type) => named(kinds, type));
    if (names.length === 0) return meant.map((one) => ({ kind: one, name: null }));
    return meant.flatMap((one) => names.map((name) => ({ kind: one, name: checkName(name) })));
  }
  if (combined.length < words.length)
    throw malformed('TYPE/NAME beside a word that is none', 'TYPE/NAME throughout, or TYPE NAME …');
  return words.map((word) => combinedOf(kinds, word));
}

function combinedOf(kinds: Kinds, word: string): Meant {
  const [type = '', name = '', ...more] = word.split('/');
  if (more.length > 0 || type.includes(',') || type === 'all')
    throw malformed(word.slice(0, 60), 'one TYPE/NAME');
  const [kind] = named(kinds, type);
  if (kind === undefined) throw malformed('no resource', 'TYPE/NAME');
  return { kind, name: checkName(name) };
}

function named(kinds: Kinds, type: string): readonly Kind[] {
  const found = kinds.named(type);
  if (found === null)
    throw new CountersignError('unknown_object', { what: `the kind "${type.slice(0, 60)}"` });
  return found;
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
