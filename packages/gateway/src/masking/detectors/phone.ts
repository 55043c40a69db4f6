/**
 * Telephone numbers in the forms that say they are ones: `+` and a country code, or the North American `(212) 555-0123`,
 * `212-555-0123`, `212.555.0123`. National forms of other countries look like any other number, and are found where it
 * says before them what they are: `tel: 030 1234567`.
 */
import { textBefore } from './context.ts';
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
  /(?<![0-9A-Za-z]|[0-9][-.])(?:1[-. ])?(?:\([2-9][0-9]{2}\)[-. ]?[2-9][0-9]{2}[-. ]?|[2-9][0-9]{2}[-. ][2-9][0-9]{2}[-. ])[0-9]{4}(?![0-9A-Za-z]|[-.][0-9])/g;

/** An area in brackets that begins with the 0 of long distance; and 00 or 011, a country, and groups. */
const longDistance =
  /(?<![0-9A-Za-z])(?:\(0[0-9]{1,4}\)[ -]?[0-9]{3,8}|(?:00|011[ -])[1-9][0-9]{0,2}[ -][0-9]{2,4}[ -][0-9]{3,8})(?:[ -][0-9]{2,5}){0,3}(?![0-9A-Za-z]|[-.][0-9])/g;

const said =
  /(?:(?:phone|t[eé]l[eé]phone|t[eé]l[eé]fon(?:o|e)?|telefoon)(?:s|nummer|number|no)?|(?<![a-z])(?:fon|t[eé]l|gsm|tlf|puhelin|(?:mobil|handy)nummer|mobile?|m[oó]vil|cellulare?|celular|fax|whats ?app|contact (?:number|no))|电话|電話|手机|携帯|전화|тел(?:ефон)?|τηλ(?:έφωνο)?)(?![a-zà-ÿ])(?<between>[^0-9\n]{0,32})$/i;
/** Words that stand before other things, too. */
const perhapsSaid =
  /(?<![a-z])(?:handy|cell|call|sms|text|number is|reach (?:me|him|her|us))(?![a-zà-ÿ])(?<between>[^0-9\n]{0,32})$/i;
/** The only words that may stand between. */
const linking =
  /number|num|no|nr|is|at|me|us|him|her|them|on|or|and|to|my|the|your|our|here|now|today|please|via|home|work|office|main|cell|mobile|mobil|fixe|business|contact|direct|line|phone|tel|fax/gi;
/** Most cells hold none of the words. */
const mayBeSaid =
  /fon|phone|t[eé]l|tlf|gsm|puhelin|mobil|m[oó]vil|handy|cel|fax|call|whats|sms|text|contact n|number is|reach|电话|電話|手机|携帯|전화|тел|τηλ/i;
/** What the digits after such a word are now and then: a day, an address, a decimal number. */
const somethingElse = /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]+\.[0-9]+)$/;

/**
 * Whether a word before `start` says that a number follows. Where digits in one group are all there is to it, nothing but
 * linking words may stand between.
 */
function isSaid(text: string, start: number, digits: string): boolean {
  const before = textBefore(text, start);
  const isBare = /^[1-9][0-9]*$/.test(digits);
  const surely = said.exec(before);
  if (surely !== null) return !isBare || isLink(surely.groups?.between);
  const perhaps = isBare && digits.length < fewestBare ? null : perhapsSaid.exec(before);
  return perhaps !== null && isLink(perhaps.groups?.between);
}

/** The fewest digits in one group after a word that is said of other things, too. */
const fewestBare = 10;

const isLink = (between = ''): boolean => !/[a-z]/i.test(between.replace(linking, ' '));

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
    if (fits && alone && isSaid(text, open, text.slice(at, end))) spans.push({ start: open, end });
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
  // Every part of these patterns has a fixed length, so each position is looked at a bounded number of times.
  for (const form of [northAmerican, longDistance])
    for (const { index, 0: number } of text.matchAll(form))
      spans.push({ start: index, end: index + number.length });
  return spans;
};
