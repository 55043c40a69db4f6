/**
 * A detector finds one kind of value in a text. Each is a scanner that looks at a character a bounded number of times,
 * so hostile text costs no more than any other; values with a check digit are found only where it is right.
 */

/** Part of a text, in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The spans of a text that hold such a value, in any order; they may overlap. */
export type Detector = (text: string) => readonly Span[];

const code = (character: string): number => character.charCodeAt(0);
const [zero, nine, upperA, upperZ, lowerA, lowerZ] = ['0', '9', 'A', 'Z', 'a', 'z'].map(code) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** These take a UTF-16 unit; beyond the ends of a text it is NaN, which is none of them. */
export const isDigit = (unit: number): boolean => unit >= zero && unit <= nine;
export const isUpper = (unit: number): boolean => unit >= upperA && unit <= upperZ;
export const isLetter = (unit: number): boolean => isUpper(unit) || (unit >= lowerA && unit <= lowerZ);
export const isAlphanumeric = (unit: number): boolean => isDigit(unit) || isLetter(unit);
/** Letters, digits, `-` and `_`: base64url. */
export const isTokenUnit = (unit: number): boolean => isAlphanumeric(unit) || unit === 0x2d || unit === 0x5f;

const separators: ReadonlySet<number> = new Set(
  [' ', '-', '\u00A0', '\u2009', '\u202F', '\u2010', '\u2011', '\u2012', '\u2013'].map(code),
);

/** Blanks and hyphens that people put between groups of digits. */
export const isSeparator = (unit: number): boolean => separators.has(unit);

/** Where a run of such units that begins at `start` ends; at most `limit` units on. */
export function runEnd(text: string, start: number, of: (unit: number) => boolean, limit = Infinity): number {
  const last = Math.min(text.length, start + limit);
  let at = start;
  while (at < last && of(text.charCodeAt(at))) at++;
  return at;
}

/** Where a run of such units that ends before `end` starts; at most `limit` units back. */
export function runStart(text: string, end: number, of: (unit: number) => boolean, limit: number): number {
  const first = Math.max(0, end - limit);
  let at = end;
  while (at > first && of(text.charCodeAt(at - 1))) at--;
  return at;
}

/** Where each occurrence of a piece of text begins. */
export function* occurrences(text: string, piece: string): Iterable<number> {
  for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + 1)) yield at;
}
