/**
 * A text as it reads once its escapes are resolved: JSON may write any character as `\u0040`, `/` as `\/`, and writes the
 * end of a line as `\n`, whose letter is no part of the value after it. Detectors look at both; what they find here is led
 * back to where it stands in the text itself.
 */
import type { Span } from './detectors/detector.ts';

export interface PlainText {
  readonly text: string;
  /** The span of the text as it was for a span of the resolved one. */
  origin(span: Span): Span;
}

/** JSON within JSON doubles the backslash. */
const escapes = /\\{1,3}(?:u([0-9a-fA-F]{4})|([/bfnrt]))/g;
const mayHave = /\\(?:u[0-9a-fA-F]{4}|[/bfnrt])/;

/** Null where there is nothing to resolve. */
export function unescaped(text: string): PlainText | null {
  if (!text.includes('\\') || !mayHave.test(text)) return null;
  let plain = '';
  let done = 0;
  /** For each unit of the resolved text, and its end, where it stood. */
  const at: number[] = [];
  const copy = (end: number) => {
    for (let unit = done; unit < end; unit++) at.push(unit);
    plain += text.slice(done, end);
  };
  for (const { index, 0: escape, 1: hex, 2: letter = ' ' } of text.matchAll(escapes)) {
    copy(index);
    at.push(index);
    plain +=
      hex === undefined ? (letter === '/' ? '/' : '\n') : String.fromCharCode(Number.parseInt(hex, 16));
    done = index + escape.length;
  }
  copy(text.length);
  at.push(text.length);
  return {
    text: plain,
    origin: ({ start, end }) => ({ start: at[start] ?? 0, end: at[end] ?? text.length }),
  };
}

const hexBytes = /^\\x(?:[0-9a-f]{2})+$/;

/** The text in a cell of bytes, `\x6164`; null for any other cell. */
export function textOfBytes(cell: string): string | null {
  return cell.startsWith('\\x') && hexBytes.test(cell)
    ? Buffer.from(cell.slice(2), 'hex').toString('utf8')
    : null;
}
