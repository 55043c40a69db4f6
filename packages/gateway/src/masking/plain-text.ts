/**
 * A text as it reads once what stands for something else is resolved. Detectors look at the text and at its readings;
 * what they find there is led back to where it stands in the text itself.
 */
import type { Span } from './detectors/detector.ts';
import { base64, folds } from './folds.ts';

export interface PlainText {
  readonly text: string;
  /** The span of the text as it was for a span of the resolved one. */
  origin(span: Span): Span;
}

/** What changes a text, piece by piece, into what it reads as. */
export interface Fold {
  /** Whether there may be such a piece: most texts have none. */
  readonly may: (text: string) => boolean;
  /** Every part of it is bounded, or can end in one place only, so that a text is gone through once. */
  readonly pattern: RegExp;
  /** What a piece reads as, by its groups; the piece itself where it stands for nothing else. */
  readonly reads: (piece: string, ...groups: readonly (string | undefined)[]) => string;
}

/** The other readings of a text; none where there is nothing to resolve. */
export function plainTexts(text: string): readonly PlainText[] {
  const plain = foldedBy(folds, null, text);
  // What is no base64 after all has to be seen as it was, too.
  const decoded = foldedBy([base64], plain, text);
  return [plain, decoded === plain ? null : decoded].filter((reading) => reading !== null);
}

function foldedBy(by: readonly Fold[], first: PlainText | null, text: string): PlainText | null {
  let plain = first;
  for (const fold of by) {
    const next: PlainText | null = folded(plain?.text ?? text, fold);
    if (next !== null) plain = plain === null ? next : composed(plain, next);
  }
  return plain;
}

const composed = (first: PlainText, then: PlainText): PlainText => ({
  text: then.text,
  origin: (span) => first.origin(then.origin(span)),
});

function folded(text: string, { may, pattern, reads }: Fold): PlainText | null {
  if (!may(text)) return null;
  /** Of each piece that reads otherwise, where it began and ended, and where what it reads as begins and ends. */
  const [began, ended]: [number[], number[]] = [[], []];
  const [begins, ends]: [number[], number[]] = [[], []];
  const plain = text.replace(pattern, (piece: string, ...rest: unknown[]) => {
    const read = reads(piece, ...(rest.slice(0, -2) as (string | undefined)[]));
    if (read === piece) return piece;
    const at = rest.at(-2) as number;
    const begin = (ends.at(-1) ?? 0) + at - (ended.at(-1) ?? 0);
    began.push(at);
    ended.push(at + piece.length);
    begins.push(begin);
    ends.push(begin + read.length);
    return read;
  });
  if (began.length === 0) return null;
  /** The place before which `known` pieces read otherwise; within the last of them it is that piece's own end. */
  const placed = (at: number, known: number, within: readonly number[]) => {
    const end = ends[known - 1] ?? 0;
    return at < end ? (within[known - 1] ?? 0) : (ended[known - 1] ?? 0) + at - end;
  };
  return {
    text: plain,
    origin: ({ start, end }) => ({
      start: placed(start, countUpTo(begins, start), began),
      end: placed(end, countUpTo(begins, end - 1), ended),
    }),
  };
}

/** How many of these rising numbers are at most `most`: by halves. */
function countUpTo(numbers: readonly number[], most: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

const hexBytes = /^\\x(?:[0-9a-f]{2})+$/;

/** The text in a cell of bytes, `\x6164`; null for any other cell. */
export function textOfBytes(cell: string): string | null {
  return cell.startsWith('\\x') && hexBytes.test(cell)
    ? Buffer.from(cell.slice(2), 'hex').toString('utf8')
    : null;
}
