/**
 * IPv4 and IPv6 addresses. Four numbers up to 255 between dots are taken for one, whatever they mean, unless it says just
 * before them that they are a version or a heading.
 */
import { isIPv6 } from 'node:net';
import { stands } from './context.ts';
import { type Detector, isAlphanumeric, isDigit, runEnd, type Span } from './detector.ts';

/** Fixed lengths, so each position is looked at a bounded number of times. */
const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const four = new RegExp(
  `(?<![0-9A-Za-z]|[0-9]\\.)${octet}\\.${octet}\\.${octet}\\.${octet}(?![0-9A-Za-z]|\\.[0-9])`,
  'g',
);

const isSixUnit = (unit: number): boolean =>
  isDigit(unit) ||
  (unit >= 0x41 && unit <= 0x46) ||
  (unit >= 0x61 && unit <= 0x66) ||
  unit === 0x3a ||
  unit === 0x2e;

const otherwise =
  /(?:(?<![a-z])(?:version|ver\.?|release|build|firmware|chapter|section|clause|oid)["']?[ :=]{1,3}["']?v?|(?:chrome|chromium|crios|safari|firefox|edge?|edga|opr|opera|version|browser|vivaldi)\/)$/i;

/** The longest form: eight groups of four, or six and a dotted IPv4. */
const longest = 45;

function sixes(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < text.length; ) {
    if (!isSixUnit(text.charCodeAt(at))) {
      at++;
      continue;
    }
    const end = runEnd(text, at, isSixUnit);
    const span = trimmed(text, at, end);
    if (isSix(text, span)) spans.push(span);
    at = end;
  }
  return spans;
}

/** Without the punctuation of the sentence around it. */
function trimmed(text: string, start: number, end: number): Span {
  let last = end;
  while (last > start && (text[last - 1] === '.' || (text[last - 1] === ':' && text[last - 2] !== ':')))
    last--;
  let first = start;
  while (first < last && (text[first] === '.' || (text[first] === ':' && text[first + 1] !== ':'))) first++;
  return { start: first, end: last };
}

function isSix(text: string, { start, end }: Span): boolean {
  if (end - start < 3 || end - start > longest) return false;
  if (isAlphanumeric(text.charCodeAt(start - 1)) || isAlphanumeric(text.charCodeAt(end))) return false;
  const candidate = text.slice(start, end);
  // bad::face is a name in C++; an address without a digit is rarer than that.
  return /[0-9]/.test(candidate) && isIPv6(candidate);
}

export const ipAddress: Detector = (text) => {
  const spans: Span[] = [];
  if (text.includes('.'))
    for (const { index, 0: address } of text.matchAll(four))
      if (!stands(otherwise, text, index)) spans.push({ start: index, end: index + address.length });
  return text.includes(':') ? [...spans, ...sixes(text)] : spans;
};
