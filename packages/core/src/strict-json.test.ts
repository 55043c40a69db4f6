import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CountersignError } from './error.ts';
import { canonicalJson, type Json } from './json.ts';
import { parseStrictJson } from './strict-json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): Json => parseStrictJson(bytes(text));

function errorOf(raw: Uint8Array, limits?: Parameters<typeof parseStrictJson>[1]): CountersignError {
  try {
    parseStrictJson(raw, limits);
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
  throw new Error('accepted');
}

const surrogate = String.raw`\ud800`;

describe('refused', () => {
  test.each([
    ['{"a":1,"a":1}', 'the key "a" twice in one object'],
    [String.raw`{"a":1,"\u0061":2}`, 'the key "a" twice in one object'],
    ['{"x":{"b":1,"c":{"b":2},"b":3}}', 'the key "b" twice in one object'],
    ['[{"":1,"":2}]', 'the key "" twice in one object'],
    ['{"__proto__":1}', 'the key "__proto__"'],
    [String.raw`{"\u005f_proto__":1}`, 'the key "__proto__"'],
    [`["${surrogate}"]`, 'a lone surrogate'],
    [`{"${surrogate}":1}`, 'a lone surrogate'],
    [String.raw`"\udc00\ud800"`, 'a lone surrogate'],
    [String.raw`"a\u0000b"`, 'a NUL character'],
    [String.raw`{"\u0000":1}`, 'a NUL character'],
    ['12345678901234567890', 'the number 12345678901234567890'],
    ['[1.0]', 'the number 1.0'],
    ['[1e2]', 'the number 1e2'],
    ['[1E+2]', 'the number 1E+2'],
    ['{"a":-0}', 'the number -0'],
    ['0.1000', 'the number 0.1000'],
    ['1e400', 'the number 1e400'],
    ['1e-400', 'the number 1e-400'],
    ['0.30000000000000001', 'the number 0.30000000000000001'],
    ['9007199254740993', 'the number 9007199254740993'],
    ['', 'text that is not JSON'],
    ['{"a":1', 'text that is not JSON'],
    ['{"a":1}{"b":2}', 'text that is not JSON'],
    ["{'a':1}", 'text that is not JSON'],
    ['[1,]', 'text that is not JSON'],
    ['[01]', 'text that is not JSON'],
    ['NaN', 'text that is not JSON'],
    ['"a\nb"', 'text that is not JSON'],
    ['\ufeff{}', 'text that is not JSON'],
    ['// x\n1', 'text that is not JSON'],
    [`${'['.repeat(33)}${']'.repeat(33)}`, 'nesting beyond 32 levels'],
    ['[{"a":'.repeat(50_000), 'nesting beyond 32 levels'],
  ])('%j', (text, what) => {
    const error = errorOf(bytes(text));
    expect(error.code).toBe('malformed');
    expect(error.message).toContain(`The request was malformed: ${what}; expected `);
  });

  test.each([
    ['a byte that begins nothing', [0x22, 0xff, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut sequence', [0x22, 0xe2, 0x82]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('bytes that are not UTF-8: %s', (_what, raw) => {
    const error = errorOf(Uint8Array.from(raw));
    expect(error.code).toBe('malformed');
    expect(error.message).toBe('The request was malformed: bytes that are not UTF-8; expected UTF-8 text.');
  });

  test('a document beyond the limits given', () => {
    const error = errorOf(bytes('[1,2,3]'), { bytes: 6 });
    expect(error.code).toBe('too_large');
    expect(error.message).toBe('The request is larger than allowed: 7 bytes; expected at most 6.');
    expect(errorOf(bytes('[[1]]'), { depth: 1 }).message).toContain('nesting beyond 1 levels');
    expect(errorOf(new Uint8Array(1024 * 1024 + 1)).code).toBe('too_large');
  });

  test('an error shows a bounded part of what was sent', () => {
    expect(errorOf(bytes('1'.repeat(100_000))).message.length).toBeLessThan(300);
    const key = 'k'.repeat(100_000);
    expect(errorOf(bytes(`{"${key}":1,"${key}":1}`)).message.length).toBeLessThan(300);
  });
});

describe('accepted', () => {
  test.each([
    ['19.99', 19.99],
    ['-1', -1],
    ['0', 0],
    ['1e+21', 1e21],
    ['1e-7', 1e-7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    [' { "a" : [ 1 , "x" , true , null ] } ', { a: [1, 'x', true, null] }],
    ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}', { a: { a: 1 }, b: [{ a: 1 }, { a: 2 }] }],
    [String.raw`"\ud83d\ude00 \u00e9 \" \\ 12345678901234567890"`, '😀 é " \\ 12345678901234567890'],
    ['"{\\"a\\":1,\\"a\\":2} 1.0"', '{"a":1,"a":2} 1.0'],
    ['{"constructor":1,"toString":2}', { constructor: 1, toString: 2 }],
  ])('%s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  test('never 51: names that objects inherit become keys of their own', () => {
    const value = parse('{"constructor":1,"hasOwnProperty":2}') as Record<string, Json>;
    expect(Object.hasOwn(value, 'hasOwnProperty')).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('whatever is accepted, JSON.parse reads the same, and it prints back', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"a":',
      '"b":1',
      '1',
      '1.0',
      '-0',
      '1e5',
      'null',
      'true',
      ' ',
      surrogate,
      '"',
      '\\',
      '"\\u0061":',
    ];
    const texts = fc.oneof(
      fc.json(),
      fc.string(),
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let value: Json;
        try {
          value = parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CountersignError);
          return;
        }
        expect(value).toEqual(JSON.parse(text));
        const printed = canonicalJson(value);
        expect(canonicalJson(parse(printed))).toBe(printed);
      }),
      { numRuns: 2000 },
    );
  });

  test('every plain document is accepted', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('\\u0000') && !text.includes('__proto__') && !/\\ud[89a-f]/i.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});

test('hostile text costs no more than its length', () => {
  for (const piece of ['"', '\\', '"\\', '[', '{"', '1', '"a":', ',']) {
    const start = performance.now();
    expect(() => parse(piece.repeat(Math.floor(500_000 / piece.length)))).toThrow(CountersignError);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
});
