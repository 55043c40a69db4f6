/**
 * Telephone numbers in the forms that say they are ones: `+` and a country code, or the North American `(212) 555-0123`,
 * `212-555-0123`, `212.555.0123`. National forms of other countries look like any other number, and are found where it
 * says before them what they are: `tel: 030 1234567`.
 */
import { stands } from './context.ts';
import {
  type Detector,
  isAlphanumeric,
  isDigit,
  isSeparator,
  occurrences,
  runEnd,
  type Span,
} from './detector.ts';

/** E.164: at most 15 digits with the country code; the shortest in use have 7. */
const fewest = 7;
const most = 15;

const isFiller = (unit: number): boolean =>
  isSeparator(unit) || unit === 0x28 || unit === 0x29 || unit === 0x2e || unit === 0x2f;

/** `+` and digits with at most two fillers in a row, as in `+1 (212) 555-0123`. */
function internationalAt(text: string, plus: number): Span | null {
  const first = text.charCodeAt(plus + 1);
  const opened = first === 0x28 ? text.charCodeAt(plus + 2) : first;
  if (isAlphanumeric(text.charCodeAt(plus - 1)) || !isDigit(opened) || opened === 0x30) return null;
  let digits = 0;
  let end = plus + 1;
  for (let at = plus + 1; at < text.length; ) {
    const run = runEnd(text, at, isDigit, most + 1);
    digits += run - at;
    if (digits > most) return null;
    if (run > at) end = run;
    const next = runEnd(text, run, isFiller, 3);
    if (next - run > 2 || !isDigit(text.charCodeAt(next))) break;
    at = next;
  }
  return digits >= fewest ? { start: plus, end } : null;
}

/** Area, exchange and line: 3, 3 and 4 digits, the first two not beginning with 0 or 1. */
const northAmerican =
  /(?<![0-9A-Za-z]|[0-9][-.])(?:1[-. ])?(?:\([2-9][0-9]{2}\)[-. ]?|[2-9][0-9]{2}[-. ])[2-9][0-9]{2}[-. ][0-9]{4}(?![0-9A-Za-z]|[-.][0-9])/g;

const said =
  /(?<![a-z])(?:tele)?(?:phone[a-z_]*|fon|tel|t[eé]l[eé]phone|mobile?|m[oó]vil|handy|cell|fax|call|whats ?app|sms)[^0-9a-z\n][^0-9\n]{0,24}$/i;
/** Most cells hold none of the words. */
const mayBeSaid = /fon|phone|tel|mobil|m[oó]vil|handy|cell|fax|call|whats|sms/i;
/** What the digits after such a word are now and then: a day, an address, a decimal number. */
const somethingElse = /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]+\.[0-9]+)$/;

/** Digits in any groups, where it is said what they are. */
function nationalIn(text: string): readonly Span[] {
  const spans: Span[] = [];
  if (!mayBeSaid.test(text)) return spans;
  for (let at = 0; at < text.length; ) {
    if (!isDigit(text.charCodeAt(at))) {
      at++;
      continue;
    }
    let end = runEnd(text, at, isDigit);
    let digits = end - at;
    for (let next = end; digits <= most; ) {
      next = runEnd(text, end, isFiller, 3);
      const run = runEnd(text, next, isDigit);
      if (next - end > 2 || run === next) break;
      digits += run - next;
      end = run;
    }
    const open = text[at - 1] === '(' ? at - 1 : at;
    const fits = digits >= fewest && digits <= most && !somethingElse.test(text.slice(at, end));
    const alone = !isAlphanumeric(text.charCodeAt(open - 1)) && !isAlphanumeric(text.charCodeAt(end));
    if (fits && alone && stands(said, text, open)) spans.push({ start: open, end });
    at = end;
  }
  return spans;
}

export const phone: Detector = (text) => {
  const spans: Span[] = [...nationalIn(text)];
  for (const plus of occurrences(text, '+')) {
    const span = internationalAt(text, plus);
    if (span !== null) spans.push(span);
  }
  // Every part of the pattern has a fixed length, so each position is looked at a bounded number of times.
  for (const match of text.matchAll(northAmerican))
    spans.push({ start: match.index, end: match.index + match[0].length });
  return spans;
};
