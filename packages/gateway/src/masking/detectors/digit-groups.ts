/** Runs of digits, and sequences of them with one separator between each two. */
import { isDigit, isSeparator, runEnd, type Span } from './detector.ts';

/** A run of digits, with the digits. */
export interface DigitGroup extends Span {
  readonly digits: string;
}

/** The sequences of digit groups in a text: within one, exactly one blank or hyphen stands between neighbours. */
export function digitSequences(text: string): readonly (readonly DigitGroup[])[] {
  const sequences: DigitGroup[][] = [];
  let current: DigitGroup[] = [];
  for (let at = 0; at < text.length; ) {
    if (!isDigit(text.charCodeAt(at))) {
      at++;
      continue;
    }
    const end = runEnd(text, at, isDigit);
    const before = current.at(-1);
    if (before === undefined || before.end + 1 !== at || !isSeparator(text.charCodeAt(before.end))) {
      current = [];
      sequences.push(current);
    }
    current.push({ start: at, end, digits: text.slice(at, end) });
    at = end;
  }
  return sequences;
}
