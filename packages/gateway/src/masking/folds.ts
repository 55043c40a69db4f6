/**
 * The ways in which a text stands for another, in the order in which they are resolved: escapes of JSON, URLs and HTML,
 * look-alikes of ASCII and what can't be seen, numbers with an exponent, `[at]`; and base64.
 */
import type { Fold } from './plain-text.ts';

/** JSON may write any character as `\u0040`, `/` as `\/`, and the end of a line as `\n`; within JSON it doubles the backslash. */
const json: Fold = {
  may: (text) => text.includes('\\'),
  pattern: /\\{1,3}(?:u([0-9a-fA-F]{4})|([/bfnrt]))/g,
  reads: (_, hex, letter) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return letter === '/' ? '/' : '\n';
  },
};

/** `%40`, and `%2540` of a URL within a URL. */
const percent: Fold = {
  may: (text) => text.includes('%'),
  pattern: /(?:%(?:25){0,2}[0-9a-fA-F]{2})+/g,
  reads: (run) => Buffer.from(run.replace(/%(?:25){0,2}(?=[0-9a-fA-F]{2})/g, ''), 'hex').toString('utf8'),
};

const named: ReadonlyMap<string, string> = new Map(
  Object.entries({
    commat: '@',
    period: '.',
    colon: ':',
    plus: '+',
    equals: '=',
    lowbar: '_',
    sol: '/',
    quot: '"',
    apos: "'",
    amp: '&',
    hyphen: '-',
    dash: '-',
    ndash: '-',
    mdash: '-',
    nbsp: ' ',
    ensp: ' ',
    emsp: ' ',
    thinsp: ' ',
    shy: '',
    zwj: '',
    zwnj: '',
  }),
);

/** `&#64;`, `&#x40;`, `&commat;`, and `&amp;#64;` of a page within a page. */
const entities: Fold = {
  may: (text) => text.includes('&'),
  pattern: /&(?:amp;){0,2}(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{3,6}));/g,
  reads: (piece, decimal, hex, name) => {
    if (name !== undefined) return named.get(name) ?? piece;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : piece;
  },
};

/** Shorter runs hold nothing that a detector is after. Words and digests decode to what is no text. */
export const base64: Fold = {
  may: (text) => text.length >= 16 && /[A-Za-z0-9+/_-]{16}/.test(text),
  pattern: /[A-Za-z0-9+/_-]{16,}={0,2}/g,
  reads: (run) => {
    // Most runs are told from text by how they begin.
    if (!isText(decoded(run.slice(0, 16)).replace(/\uFFFD$/, ''))) return run;
    const text = decoded(run);
    return isText(text) ? text : run;
  },
};

const decoded = (run: string): string => Buffer.from(run, 'base64').toString('utf8');
const isText = (text: string): boolean => !/[^\P{C}\t\r\n]|\uFFFD/u.test(text);

/** What is not seen, or looks like ASCII: blanks, dashes, digits of any script, wide and mathematical letters. */
const lookAlikes: Fold = {
  may: (text) => /[^\0-\x7F]/.test(text),
  pattern:
    /(\p{Default_Ignorable_Code_Point})|((?! )\p{Zs})|((?!-)\p{Pd}|[\u2043\u2212])|((?![0-9])\p{Nd})|[\u2024\u3002\uFE52-\uFE6B\uFF01-\uFF5E\uFF61\u{1D400}-\u{1D7CD}]/gu,
  reads: (character, ignored, blank, dash, digit) => {
    if (ignored !== undefined) return '';
    if (blank !== undefined) return ' ';
    if (dash !== undefined) return '-';
    if (digit !== undefined) return valueOf(digit);
    const plain = character.normalize('NFKC').replace('\u3002', '.');
    return plain.length === 1 ? plain : character;
  },
};

/** The digits of a script stand in a row, those of several styles one row after another. */
function valueOf(digit: string): string {
  const point = digit.codePointAt(0) ?? 0;
  let first = point;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--;
  return String((point - first) % 10);
}

/** PostgreSQL writes a whole number in a `float8` as `4.111111111111111e+15`. */
const exponents: Fold = {
  may: (text) => /[0-9][eE]\+?1/.test(text),
  pattern: /(?<![0-9A-Za-z.])([1-9])\.([0-9]{8,18})[eE]\+?(1[2-8])(?![0-9A-Za-z.])/g,
  reads: (piece, whole = '', fraction = '', exponent) =>
    fraction.length > Number(exponent) ? piece : whole + fraction.padEnd(Number(exponent), '0'),
};

/** `ann [at] example [dot] com`. Without brackets these are words like any other. */
const spelled: Fold = {
  may: (text) => /[[({] ?(?:at|dot)/i.test(text),
  pattern: / ?(?:\[ ?(at|dot) ?\]|\( ?(at|dot) ?\)|\{ ?(at|dot) ?\}) ?/gi,
  reads: (_, ...words) => (words.some((word) => word?.toLowerCase() === 'at') ? '@' : '.'),
};

/** All but base64: most of what could be base64 is not. */
export const folds: readonly Fold[] = [json, percent, entities, lookAlikes, exponents, spelled];
