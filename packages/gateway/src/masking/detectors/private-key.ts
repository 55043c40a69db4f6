/** Private keys in their armour, from BEGIN to END; to the end of the text where END is missing. */
import { type Detector, occurrences, type Span } from './detector.ts';

const begin = '-----BEGIN ';
const end = '-----END ';
const dashes = '-----';
/** Longer than any label, `OPENSSH PRIVATE KEY` or `PGP PRIVATE KEY BLOCK`. */
const longestLabel = 60;
const putty = 'PuTTY-User-Key-File-';

/** The label after BEGIN or END and where its dashes end; null where it is no private key's. */
function privateLabel(text: string, start: number): number | null {
  const close = text.slice(start, start + longestLabel).indexOf(dashes);
  if (close < 0 || !text.slice(start, start + close).includes('PRIVATE KEY')) return null;
  return start + close + dashes.length;
}

export const privateKey: Detector = (text) => {
  const spans: Span[] = [];
  let done = 0;
  for (const start of occurrences(text, begin)) {
    if (start < done || privateLabel(text, start + begin.length) === null) continue;
    const closing = text.indexOf(end, start);
    done = closing < 0 ? text.length : (privateLabel(text, closing + end.length) ?? text.length);
    spans.push({ start, end: done });
    if (done === text.length) return spans;
  }
  const file = text.indexOf(putty);
  return file < 0 ? spans : [...spans, { start: file, end: text.length }];
};
