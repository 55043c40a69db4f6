import { describe, expect, test } from '@jest/globals';
import { cellWidth, expandTabs, padEnd, wrapLine, wrapWords } from './width.ts';

describe('text in cells', () => {
  test('wide characters take two, combining ones none', () => {
    expect(['abc', '日本', '🙂', 'e\u0301', 'ⓐ', ''].map(cellWidth)).toEqual([3, 4, 2, 1, 1, 0]);
    expect(padEnd('日本', 6)).toBe('日本  ');
  });

  test('rows break at spaces, in the middle of what has none, and lose no character', () => {
    expect(wrapLine('the quick brown fox', 10)).toEqual(['the quick ', 'brown fox']);
    expect(wrapLine('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrapLine('', 4)).toEqual(['']);
    const long = 'x  日本語 yy\u0301y   '.repeat(30);
    for (let width = 2; width < 30; width++) {
      const rows = wrapLine(long, width);
      expect(rows.join('')).toBe(long);
      for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(width);
    }
  });

  test('words of our own lose the space they broke at', () => {
    expect(wrapWords('the quick brown fox', 9)).toEqual(['the quick', 'brown fox']);
    expect(wrapWords('  indented\nlines', 20)).toEqual(['  indented', 'lines']);
  });

  test('tabs go to the next fourth cell', () => {
    expect(expandTabs('\ta\tbc\td')).toBe('    a   bc  d');
  });
});
