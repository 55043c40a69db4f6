/** The input of a kubectl call: the words after `kubectl`, exactly as they came, and what it reads on stdin. */
import { type CallInput, CountersignError, type Json, maxInputBytes } from '@countersign/core';

export interface KubectlCall {
  readonly argv: readonly string[];
  /** Null where there is none. */
  readonly stdin: string | null;
}

/** Bytes of all words; systems refuse more than that. */
const maxArgvBytes = 64 * 1024;

/**
 * Snapshots the input. No word is changed.
 *
 * @throws {CountersignError} `wrong_protocol`; `malformed` for what can't be handed to a program; `too_large`.
 */
export function parseInput(input: CallInput): KubectlCall & Json {
  if (!('argv' in input))
    throw new CountersignError('wrong_protocol', { expected: 'argv, and perhaps stdin' });
  const { argv, stdin = null } = input;
  for (const word of argv) {
    if (word.includes('\0')) throw malformed('a NUL in a word', 'text without NUL');
    if (!word.isWellFormed()) throw malformed('half a surrogate pair in a word', 'well-formed Unicode');
  }
  const bytes = argv.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  if (bytes > maxArgvBytes) throw tooLarge(`${bytes} bytes of words`, maxArgvBytes);
  const fromStdin = stdin === null ? 0 : Buffer.byteLength(stdin);
  if (fromStdin > maxInputBytes) throw tooLarge(`${fromStdin} bytes on stdin`, maxInputBytes);
  return Object.freeze({ argv: Object.freeze([...argv]), stdin: stdin === '' ? null : stdin });
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
const tooLarge = (what: string, most: number) =>
  new CountersignError('too_large', { what, expected: `at most ${most}` });
