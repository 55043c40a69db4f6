/** Private keys in their armour, from BEGIN to END; to the end of the text where END is missing. */
import { type Detector, occurrences, type Span } from './detector.ts';

/** Five dashes and no blank, or, in RFC 4716, four and a blank. */
const armours = [
  { begin: '-----BEGIN ', end: '-----END ', dashes: '-----' },
  { begin: '---- BEGIN ', end: '---- END ', dashes: ' ----' },
] as const;
/** Longer than any label, `OPENSSH PRIVATE KEY` or `PGP PRIVATE KEY BLOCK`. */
const longestLabel = 60;
const putty = 'PuTTY-User-Key-File-';

/** Where the dashes after a label end; null where the label is no private key's. */
function privateLabel(text: string, start: number, dashes: string): number | null {
  const close = text.slice(start, start + longestLabel).indexOf(dashes);
  if (close < 0 || !text.slice(start, start + close).includes('PRIVATE KEY')) return null;
  return start + close + dashes.length;
}

function armoured(text: string, { begin, end, dashes }: (typeof armours)[number]): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const start of occurrences(text, begin)) {
    if (start < done || privateLabel(text, start + begin.length, dashes) === null) continue;
    const closing = text.indexOf(end, start);
    done = closing < 0 ? text.length : (privateLabel(text, closing + end.length, dashes) ?? text.length);
    spans.push({ start, end: done });
    if (done === text.length) break;
  }
  return spans;
}

export const privateKey: Detector = (text) => {
  const spans = armours.flatMap((armour) => armoured(text, armour));
  const file = text.indexOf(putty);
  return file < 0 ? spans : [...spans, { start: file, end: text.length }];
};
