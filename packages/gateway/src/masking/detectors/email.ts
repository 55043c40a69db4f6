/** E-mail addresses, also where a URL has `%40` for the at sign, and with a quoted local part. */
import {
  type Detector,
  isAlphanumeric,
  isLetter,
  occurrences,
  runEnd,
  runStart,
  type Span,
} from './detector.ts';

const marks: ReadonlySet<number> = new Set(Array.from("!#$%&'*+_~.-", (c) => c.charCodeAt(0)));

/** Letters and digits of any script, and the marks people use: RFC 5322 also allows `/`, `=`, `?`, which end it in a URL. */
const isLocalUnit = (unit: number): boolean => isAlphanumeric(unit) || marks.has(unit) || unit > 0x7f;
const isDomainUnit = (unit: number): boolean =>
  isAlphanumeric(unit) || unit === 0x2d || unit === 0x2e || unit > 0x7f;

/** RFC 5321's bounds, which also bound the work for each at sign. */
const maxLocal = 64;
const maxDomain = 255;

function addressAt(text: string, at: number, length: number): Span | null {
  const start = text[at - 1] === '"' ? quotedStart(text, at) : runStart(text, at, isLocalUnit, maxLocal);
  if (start === at) return null;
  const end = domainEnd(text, at + length);
  return end === null ? null : { start, end };
}

function quotedStart(text: string, at: number): number {
  const open = text.lastIndexOf('"', at - 2);
  if (open < 0 || at - open > maxLocal + 2) return at;
  const quoted = text.slice(open + 1, at - 1);
  // In JSON the text between two quotes may be what separates two strings.
  return /[A-Za-z0-9]/.test(quoted) && !/[,:{}[\]]/.test(quoted) ? open : at;
}

/** A picture for dense screens, `logo@2x.png`, is no address. */
const twiceAsLarge = /^[0-9](?:\.[0-9])?x\.(?:png|jpe?g|gif|webp|avif|svg|bmp)$/i;

/** The end of the domain: labels and dots up to a last label of two letters or more; null where there is none. */
function domainEnd(text: string, start: number): number | null {
  let end = runEnd(text, start, isDomainUnit, maxDomain);
  const empty = text.slice(start, end).indexOf('..');
  if (empty >= 0) end = start + empty;
  while (end > start && (text[end - 1] === '.' || text[end - 1] === '-')) end--;
  const domain = text.slice(start, end);
  const dot = domain.lastIndexOf('.');
  if (dot <= 0) return null;
  if (twiceAsLarge.test(domain)) return null;
  const last = domain.slice(dot + 1);
  const isName = last.length >= 2 && Array.from(last).some((c) => isLetter(c.charCodeAt(0)) || c > '\u007F');
  return isName ? end : null;
}

export const email: Detector = (text) => {
  const spans: Span[] = [];
  for (const [sign, length] of [
    ['@', 1],
    ['%40', 3],
  ] as const)
    for (const at of occurrences(text, sign)) {
      const span = addressAt(text, at, length);
      if (span !== null) spans.push(span);
    }
  return spans;
};
