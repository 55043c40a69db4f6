/**
 * US social security numbers written in their three groups; nine bare digits, which are many other things too, only
 * where it says before them what they are.
 */
import { stands } from './context.ts';
import { type Detector, isAlphanumeric, isDigit, type Span } from './detector.ts';
import { type DigitGroup, digitSequences } from './digit-groups.ts';

const said =
  /(?<![a-z])(?:ssn|social[ _-]?security|soc[ .]{1,2}sec|ss ?#|tax(?:payer)?[ _-]?id|itin)[^0-9\n]{0,30}$/i;
/** Between dots a number looks like a version or an address, so that only exactly the three groups are one. */
const dotted = /(?<![0-9A-Za-z.])([0-9]{3})\.([0-9]{2})\.([0-9]{4})(?![0-9A-Za-z]|\.[0-9])/g;

/** Areas, groups and serials that were never given out. */
function isIssued(area: string, group: string, serial: string): boolean {
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000';
}

/** Bare or in other groups, where it is said what they are. */
function saidToBe(text: string, groups: readonly DigitGroup[]): Span | null {
  const digits = groups.map((group) => group.digits).join('');
  const [first, last] = [groups[0], groups.at(-1)];
  if (digits.length !== 9 || first === undefined || last === undefined) return null;
  if (isAlphanumeric(text.charCodeAt(first.start - 1)) || isAlphanumeric(text.charCodeAt(last.end)))
    return null;
  const issued = isIssued(digits.slice(0, 3), digits.slice(3, 5), digits.slice(5));
  return issued && stands(said, text, first.start) ? { start: first.start, end: last.end } : null;
}

/**
 * Whether this is not a piece of something longer: of `A123-45-6789`, of `PART-123-45-6789`, of more groups of digits
 * between the same separators.
 */
function standsAlone(text: string, { start, end }: Span, separator: string | undefined): boolean {
  if (isAlphanumeric(text.charCodeAt(start - 1)) || isAlphanumeric(text.charCodeAt(end))) return false;
  const continues = separator === ' ' ? isDigit : isAlphanumeric;
  const goesOn = (neighbour: number, beyond: number) =>
    text[neighbour] === separator && continues(text.charCodeAt(beyond));
  return !goesOn(start - 1, start - 2) && !goesOn(end, end + 1);
}

export const usSsn: Detector = (text) => {
  const spans: Span[] = [];
  for (const { index, 0: whole, 1: area = '', 2: group = '', 3: serial = '' } of text.matchAll(dotted))
    if (isIssued(area, group, serial)) spans.push({ start: index, end: index + whole.length });
  for (const groups of digitSequences(text)) {
    const named = groups.length <= 3 ? saidToBe(text, groups) : null;
    if (named !== null) spans.push(named);
    if (groups.length < 3) continue;
    const lengths = groups.map(({ digits }) => digits.length);
    for (let at = 0; at + 2 < groups.length; at++) {
      if (lengths[at] !== 3 || lengths[at + 1] !== 2 || lengths[at + 2] !== 4) continue;
      const [area, group, serial] = groups.slice(at, at + 3) as [DigitGroup, DigitGroup, DigitGroup];
      const sameSeparator = text[area.end] === text[group.end];
      if (!sameSeparator || !isIssued(area.digits, group.digits, serial.digits)) continue;
      const span = { start: area.start, end: serial.end };
      if (standsAlone(text, span, text[area.end]) || stands(said, text, span.start)) spans.push(span);
    }
  }
  return spans;
};
