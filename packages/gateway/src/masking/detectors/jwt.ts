/** JSON web tokens, signed (three parts) and encrypted (five). `eyJ` is how `{"` begins in base64url. */
import { type Detector, isTokenUnit, runEnd, type Span } from './detector.ts';

const begin = 'eyJ';
const shortestPart = 10;
/** The shortest payload there is: `{}`. */
const noClaims = 'e30';

export const jwt: Detector = (text) => {
  const spans: Span[] = [];
  for (let start = text.indexOf(begin); start >= 0; ) {
    let end = runEnd(text, start, isTokenUnit);
    let said = false;
    let parts = end - start >= shortestPart ? 1 : 0;
    while (parts > 0 && parts < 5 && text[end] === '.') {
      const next = runEnd(text, end + 1, isTokenUnit);
      const length = next - end - 1;
      if (parts === 1 && length < shortestPart && length > 0 && !text.startsWith(noClaims, end + 1)) break;
      if (length > 0) said = true;
      parts += 1;
      end = next;
    }
    if (parts >= 3 && said) spans.push({ start, end });
    start = text.indexOf(begin, Math.max(end, start + begin.length));
  }
  return spans;
};
