/** US social security numbers written in their three groups; nine bare digits are too many other things. */
import type { Detector, Span } from './detector.ts';
import { type DigitGroup, digitSequences } from './digit-groups.ts';

/** Areas, groups and serials that were never given out. */
function isIssued(area: string, group: string, serial: string): boolean {
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000';
}

export const usSsn: Detector = (text) => {
  const spans: Span[] = [];
  for (const groups of digitSequences(text)) {
    if (groups.length < 3) continue;
    const lengths = groups.map(({ digits }) => digits.length);
    for (let at = 0; at + 2 < groups.length; at++) {
      if (lengths[at] !== 3 || lengths[at + 1] !== 2 || lengths[at + 2] !== 4) continue;
      const [area, group, serial] = groups.slice(at, at + 3) as [DigitGroup, DigitGroup, DigitGroup];
      const sameSeparator = text[area.end] === text[group.end];
      if (!sameSeparator || !isIssued(area.digits, group.digits, serial.digits)) continue;
      spans.push({ start: area.start, end: serial.end });
    }
  }
  return spans;
};
