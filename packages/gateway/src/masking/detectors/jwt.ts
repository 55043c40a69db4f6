/** JSON web tokens, signed (three parts) and encrypted (five). `eyJ` is how `{"` begins in base64url. */
import { type Detector, isTokenUnit, runEnd, type Span } from './detector.ts';

const begin = 'eyJ';
const shortestPart = 10;

export const jwt: Detector = (text) => {
  const spans: Span[] = [];
  for (let start = text.indexOf(begin); start >= 0; ) {
    let end = runEnd(text, start, isTokenUnit);
    let parts = end - start >= shortestPart ? 1 : 0;
    while (parts > 0 && parts < 5 && text[end] === '.') {
      const next = runEnd(text, end + 1, isTokenUnit);
      if (parts === 1 && next - end - 1 < shortestPart && next - end - 1 > 0) break;
      parts += 1;
      end = next;
    }
    if (parts >= 3) spans.push({ start, end });
    start = text.indexOf(begin, Math.max(end, start + begin.length));
  }
  return spans;
};
