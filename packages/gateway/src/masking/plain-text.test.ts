import { describe, expect, test } from '@jest/globals';
import { plainTexts } from './plain-text.ts';

/** What the last reading of a text says, and what of the text that is for each of these pieces of the reading. */
function readAs(text: string, ...pieces: readonly string[]) {
  const reading = plainTexts(text).at(-1);
  const stands = (piece: string) => {
    const start = reading?.text.indexOf(piece) ?? -1;
    const span = reading?.origin({ start, end: start + piece.length });
    return start < 0 || span === undefined ? null : text.slice(span.start, span.end);
  };
  return [reading?.text, ...pieces.map(stands)];
}

test.each([
  ['a\\u0040b\\/c\\nd', 'a@b/c\nd', ['@b/', '\\u0040b\\/']],
  ['to=a%40b%252Ec&x', 'to=a@b.c&x', ['a@b.c', 'a%40b%252Ec']],
  ['(a&#64;b&amp;#x2e;c)', '(a@b.c)', ['a@b.c', 'a&#64;b&amp;#x2e;c']],
  ['x \uFF41\uFF20\u{1D41B}. y', 'x a@b. y', ['a@b', '\uFF41\uFF20\u{1D41B}']],
  ['1\u200B2\u00AD3\u200B 4', '123 4', ['123', '1\u200B2\u00AD3']],
  ['1\u00A02\u20133\u30004', '1 2-3 4', ['2-3', '2\u20133']],
  ['\u0664\u0661 \u{1D7D2}\u{1D7CF}', '41 41', ['41', '\u0664\u0661']],
  ['n=4.25000000001e+15;', 'n=4250000000010000;', ['4250000000010000', '4.25000000001e+15']],
  ['ann [at] b [dot] co', 'ann@b.co', ['ann@b.co', 'ann [at] b [dot] co']],
  ['k=YW5uQGV4YW1wbGUuY29t.', 'k=ann@example.com.', ['ann', 'YW5uQGV4YW1wbGUuY29t']],
])('%j reads %j', (text, reads, [piece, origin]) => {
  expect(readAs(text, piece as string)).toEqual([reads, origin]);
});

test.each(['', 'plain', 'größer', '100%', 'a & b', '1.5e10', 'f(a)', 'C:\\x', 'a'.repeat(40)])(
  '%j reads as it stands',
  (text) => {
    expect(plainTexts(text)).toEqual([]);
  },
);

describe('the time and the places that a hostile text takes grow with its length and not faster', () => {
  test.each([
    '\\',
    '\\u0040',
    '%',
    '%25',
    '%2525',
    '&amp;',
    '&#',
    'A',
    '\u200B',
    '\u0969',
    '1.1',
    '1.11111111e',
    '[at ',
    '=',
    'YW5u',
  ])('%j', (piece) => {
    const text = piece.repeat(Math.ceil(400_000 / piece.length));
    const before = process.cpuUsage();
    const readings = plainTexts(text);
    for (const plain of readings)
      for (let at = 0; at < plain.text.length; at += 1000) plain.origin({ start: at, end: at + 1 });
    const { user, system } = process.cpuUsage(before);
    // Going back for each piece takes minutes.
    expect((user + system) / 1000).toBeLessThan(3000);
  });
});
