import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { canonicalJson, type Json, sha256 } from './json.ts';

describe('canonical JSON', () => {
  test('keys are sorted by UTF-16 code units, numbers printed as ECMAScript does, nothing escaped in vain', () => {
    // RFC 8785, appendix of 3.2.3: the emoji's surrogates sort before U+FB33.
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, 1: 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
    expect(canonicalJson([Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0, 1e21])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21]',
    );
    expect(canonicalJson('\u2028/"\\\u0007\n')).toBe('"\u2028/\\"\\\\\\u0007\\n"');
  });

  test('a key whose value is undefined is absent', () => {
    expect(canonicalJson({ a: 1, b: undefined } as unknown as Json)).toBe('{"a":1}');
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  test.each([
    ['undefined', undefined],
    ['undefined in an array', [undefined]],
    ['a hole in an array', Array(1)],
    ['NaN', [Number.NaN]],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['a function', { a: () => 1 }],
    ['a symbol', { a: Symbol('a') }],
    ['a bigint', [10n]],
    ['a date', { at: new Date(0) }],
    ['a map', new Map([['a', 1]])],
    ['bytes', { a: new Uint8Array(2) }],
    ['a boxed number', [Object(1)]],
    ['an object that says what it is', { toJSON: () => 1 }],
    ['a lone surrogate', ['\ud800']],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['a cycle', cycle],
  ])('never 12: %s is refused, not written as something else', (_what, value) => {
    expect(() => canonicalJson(value as Json)).toThrow(TypeError);
    expect(() => canonicalJson(value as Json)).toThrow('not a JSON value');
  });

  test('a list may be long', () => {
    expect(canonicalJson(Array(300_000).fill(1))).toHaveLength(600_001);
  });

  test('it reads back as the same value, and two values with one form are equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Json);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('never 51: prototype names are keys like any other', () => {
    const value = JSON.parse('{"__proto__":{"x":1},"constructor":2}') as Json;
    expect(canonicalJson(value)).toBe('{"__proto__":{"x":1},"constructor":2}');
  });
});

test('SHA-256 is 64 lower-case hex digits', () => {
  // FIPS 180-2, appendix B.1.
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
