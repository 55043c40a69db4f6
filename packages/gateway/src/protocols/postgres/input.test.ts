import { describe, expect, test } from '@jest/globals';
import { parameterText, parseInput } from './input.ts';

describe('an input', () => {
  test('is taken as it is, and frozen', () => {
    const params = [1, 'a', null, true];
    const parsed = parseInput({ sql: ' SELECT\n1 -- ü ', params });
    expect(parsed).toEqual({ sql: ' SELECT\n1 -- ü ', params: [1, 'a', null, true] });
    params[0] = 2;
    expect(parsed.params[0]).toBe(1);
    expect(Object.isFrozen(parsed) && Object.isFrozen(parsed.params)).toBe(true);
  });

  test('has no parameters by default', () => {
    expect(parseInput({ sql: 'select 1' }).params).toEqual([]);
  });

  test.each([
    [
      'another protocol',
      { argv: ['get', 'pods'] },
      'wrong_protocol',
      'The connection speaks another protocol; expected sql, and params.',
    ],
    [
      'an empty text',
      { sql: '' },
      'malformed',
      'The request was malformed: sql without text; expected a statement.',
    ],
    [
      'a NUL in the text',
      { sql: 'select 1\0; drop table t' },
      'malformed',
      'The request was malformed: a NUL in sql; expected text without NUL.',
    ],
    [
      'a NUL in a parameter',
      { sql: 'select $1', params: ['a\0'] },
      'malformed',
      'The request was malformed: a NUL in params[0]; expected text without NUL.',
    ],
    [
      'half a surrogate pair',
      { sql: "select '\ud800'" },
      'malformed',
      'The request was malformed: half a surrogate pair in sql; expected well-formed Unicode.',
    ],
    [
      'no number',
      { sql: 'select $1', params: [Number.NaN] },
      'malformed',
      'The request was malformed: params[0] that is no number; expected a finite number.',
    ],
    [
      'too much in all',
      { sql: 'select $1', params: ['x'.repeat(1024 * 1024)] },
      'too_large',
      'The request is larger than allowed: 1048585 bytes; expected at most 1048576.',
    ],
  ])('never 34: %s is refused', (_, input, code, message) => {
    expect(() => parseInput(input)).toThrow(expect.objectContaining({ code, message }));
  });
});

test.each([
  [19.99, '19.99'],
  [1e21, '1e+21'],
  [-0, '0'],
  [true, 'true'],
  [false, 'false'],
  ['', ''],
  [null, null],
])('parameter %p travels as %p', (value, text) => {
  expect(parameterText(value)).toBe(text);
});
