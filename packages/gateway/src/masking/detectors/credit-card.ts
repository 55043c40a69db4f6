/** Payment card numbers: 13 to 19 digits, in groups or not, with an issuer's prefix, the right length for it, and Luhn's check digit. */
import { type Detector, isDigit, runEnd, runStart, type Span } from './detector.ts';
import { type DigitGroup, digitSequences } from './digit-groups.ts';

/** Issuers: the first and last prefix of a range, and the lengths its numbers have. */
const issuers: readonly (readonly [from: string, to: string, lengths: readonly number[]])[] = [
  ['1', '1', [15]],
  ['4', '4', [13, 16, 19]],
  ['51', '55', [16]],
  ['2221', '2720', [16]],
  ['34', '34', [15]],
  ['37', '37', [15]],
  ['300', '305', [14, 16, 17, 18, 19]],
  ['309', '309', [14, 16, 17, 18, 19]],
  ['36', '36', [14, 15, 16, 17, 18, 19]],
  ['38', '39', [14, 16, 17, 18, 19]],
  ['3528', '3589', [16, 17, 18, 19]],
  ['6011', '6011', [16, 17, 18, 19]],
  ['62', '62', [16, 17, 18, 19]],
  ['644', '659', [16, 17, 18, 19]],
  ['50', '50', [13, 14, 15, 16, 17, 18, 19]],
  ['56', '58', [13, 14, 15, 16, 17, 18, 19]],
  ['60', '60', [16]],
  ['63', '63', [16, 18, 19]],
  ['67', '67', [13, 14, 15, 16, 17, 18, 19]],
  ['2200', '2204', [16, 17, 18, 19]],
];

const shortest = 13;
const longest = 19;

function hasIssuer(digits: string): boolean {
  return issuers.some(([from, to, lengths]) => {
    const prefix = digits.slice(0, from.length);
    return prefix >= from && prefix <= to && lengths.includes(digits.length);
  });
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Digits after a decimal point are a fraction. */
function isFraction(text: string, { start }: DigitGroup): boolean {
  return text[start - 1] === '.' && isDigit(text.charCodeAt(start - 2));
}

/** The digits before one that a few digits follow are an amount; nothing but zeros follow a whole number, too. */
const hasFraction = (text: string, { end }: Span): boolean =>
  /^\.(?!0+(?![0-9]))[0-9]{1,6}(?![0-9.])/.test(text.slice(end, end + 8));

/** Digits within a digest, or another number written in hex. */
const shortestDigest = 24;
const isHex = (unit: number): boolean => isDigit(unit) || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x66);

function isInDigest(text: string, { start, end }: Span): boolean {
  const first = runStart(text, start, isHex, shortestDigest);
  const last = runEnd(text, end, isHex, shortestDigest);
  return (first < start || last > end) && last - first >= shortestDigest;
}

/** The longest card number that begins with the group at `index`; there are at most 19 groups to look at. */
function cardFrom(text: string, groups: readonly DigitGroup[], index: number): Span | null {
  const start = groups[index]?.start ?? 0;
  let digits = '';
  let found: Span | null = null;
  for (const group of groups.slice(index, index + longest)) {
    if (digits.length + group.digits.length > longest) break;
    digits += group.digits;
    if (digits.length >= shortest && hasIssuer(digits) && passesLuhn(digits))
      found = { start, end: group.end };
  }
  return found === null || hasFraction(text, found) || isInDigest(text, found) ? null : found;
}

/** Between dots or underscores, where numbers of other kinds stand too, only four groups of four are a card. */
const apart =
  /(?<![0-9A-Za-z]|[0-9][._])[0-9]{4}([._])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?![0-9A-Za-z]|[._][0-9])/g;

function groupedOtherwise(text: string): readonly Span[] {
  return Array.from(text.matchAll(apart), ({ index, 0: whole }) => ({ index, whole }))
    .filter(({ whole }) => {
      const digits = whole.replace(/[._]/g, '');
      return hasIssuer(digits) && passesLuhn(digits);
    })
    .map(({ index, whole }) => ({ start: index, end: index + whole.length }));
}

/** An identifier of digits alone, or nearly, has groups like a card's. Fixed lengths, so one pass. */
const uuid = /(?<![0-9A-Za-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9A-Za-z])/gi;

function withoutIdentifiers(text: string, cards: readonly Span[]): readonly Span[] {
  if (cards.length === 0) return cards;
  const starts = Array.from(text.matchAll(uuid), ({ index }) => index);
  if (starts.length === 0) return cards;
  const isIn = new Set(starts.flatMap((start) => Array.from({ length: 36 }, (_, at) => start + at)));
  return cards.filter(({ start, end }) => !isIn.has(start) || !isIn.has(end - 1));
}

export const creditCard: Detector = (text) => {
  if (text.length < shortest) return [];
  const spans: Span[] = [...groupedOtherwise(text)];
  for (const groups of digitSequences(text))
    groups.forEach((group, index) => {
      const card = isFraction(text, group) ? null : cardFrom(text, groups, index);
      if (card !== null) spans.push(card);
    });
  return withoutIdentifiers(text, spans);
};
