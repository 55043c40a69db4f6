import { type MaskPlan, noMasks } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pathMasks } from './json-paths.ts';
import { maskJson } from './json-text.ts';
import { type MaskScope, makeMasker } from './masker.ts';

const scope: MaskScope = { secret: new Uint8Array(32), principal: 'agent:a', run: 'r' };
const emails: MaskPlan = {
  ...noMasks,
  columns: [null],
  detectors: [{ with: 'redact', detect: ['email', 'credit_card', 'api_key'], names: [], domain: 'd' }],
};
const found = makeMasker(emails, scope);
const clean = (text: string) => found.cell(0, text) ?? '';
const same = (text: string) => text;
const at = (path: string, kind: 'redact' | 'hash' | 'partial' = 'redact') =>
  pathMasks([{ with: kind, paths: [path], domain: 'd' }], scope);

test('what nothing hides is left byte for byte', () => {
  const text = ' { "a" : 1.0 , "a":12345678901234567890, "b":[ true,false , null ],\n"c":"\\u00e9\\/x" } ';
  expect(maskJson(text, clean)).toBe(text);
});

test.each(['', 'text', '"p@x.example"', '42', '{', '{"a":1}{"b":2}', '[1,]', 'null'])(
  '%j is no JSON object or list',
  (text) => {
    expect(maskJson(text, clean)).toBeNull();
  },
);

describe('never 38: a value in JSON is found', () => {
  test.each([
    ['{"a":"p@x.example"}', '{"a":"[redacted]"}'],
    ['["to p@x.example now"]', '["to [redacted] now"]'],
    ['{"p@x.example":1}', '{"[redacted]":1}'],
    ['{"a":"p\\u0040x.example"}', '{"a":"[redacted]"}'],
    ['{"n":4111111111111111}', '{"n":"[redacted]"}'],
    ['{"a":"{\\"b\\":\\"p@x.example\\"}"}', '{"a":"{\\"b\\":\\"[redacted]\\"}"}'],
    ['{"a":[[{"b":["p@x.example"]}]]}', '{"a":[[{"b":["[redacted]"]}]]}'],
    ['{"password":"hunter2!x"}', '{"password":"[redacted]"}'],
    ['{"tokens":{"api_key":"abcdefgh12345678"}}', '{"tokens":{"api_key":"[redacted]"}}'],
    ['{"a":"p@x.example","a":"q@x.example"}', '{"a":"[redacted]","a":"[redacted]"}'],
  ])('%s', (text, masked) => {
    const got = maskJson(text, clean) ?? '';
    expect(got).toBe(masked);
    expect(() => JSON.parse(got) as unknown).not.toThrow();
  });
});

describe('a path hides what it leads to, whole', () => {
  const text =
    '{"id":7,"customer":{"name":"Zo\\u00eb","email":null,"address":{"city":"Bern"}},"items":[{"iban":"CH93","n":1},{"iban":4,"n":2}],"iban":true}';
  test.each([
    ['$.id', '"id":"[redacted]"'],
    ['$.customer.name', '"name":"[redacted]"'],
    ['$.customer.email', '"email":null'],
    ['$.customer.address', '"address":"[redacted]"'],
    ['$.customer', '"customer":"[redacted]","items"'],
    ['$.items[*].iban', '"items":[{"iban":"[redacted]","n":1},{"iban":"[redacted]","n":2}],"iban":true'],
    ['$.items[1].iban', '"items":[{"iban":"CH93","n":1},{"iban":"[redacted]","n":2}],"iban":true'],
    ['$..iban', '"items":[{"iban":"[redacted]","n":1},{"iban":"[redacted]","n":2}],"iban":"[redacted]"'],
    ["$['items'][0]", '"items":["[redacted]",{"iban":4'],
    ['$..city', '"city":"[redacted]"'],
  ])('%s', (path, part) => {
    expect(maskJson(text, same, at(path))).toContain(part);
  });

  test('the whole of a document', () => expect(maskJson(text, same, at('$'))).toBe('"[redacted]"'));

  test('a path that leads nowhere hides nothing', () => {
    for (const path of ['$.Id', '$.items.iban', '$[0]', '$.customer[0]', '$.__proto__', '$.constructor'])
      expect(maskJson(text, same, at(path))).toBe(text);
  });

  test('by hash, of what stands there; the same value reads the same', () => {
    const masked = JSON.parse(
      maskJson('[{"k":"x"},{"k":"\\u0078"},{"k":"y"}]', same, at('$[*].k', 'hash')) ?? '',
    ) as { k: string }[];
    expect(masked[0]?.k).toMatch(/^\[hash:[a-p]{24}\]$/);
    expect(masked[1]).toEqual(masked[0]);
    expect(masked[2]).not.toEqual(masked[0]);
  });

  test('partly, and nothing of an object', () => {
    expect(
      maskJson('{"a":"0123456789","b":{"c":1}}', same, [...at('$.a', 'partial'), ...at('$.b', 'partial')]),
    ).toBe('{"a":"••••6789","b":"[redacted]"}');
  });

  test('of several paths the strictest goes first', () => {
    expect(maskJson('{"a":"0123456789"}', same, [...at('$.a', 'partial'), ...at('$..a', 'redact')])).toBe(
      '{"a":"[redacted]"}',
    );
  });

  test('and a cell that is JSON is walked, too', () => {
    const masker = makeMasker(
      { ...noMasks, columns: [null], paths: [{ with: 'redact', paths: ['$..email'], domain: 'd' }] },
      scope,
    );
    expect(masker.touches(0)).toBe(true);
    expect(masker.cell(0, '{"a":[{"email":"x"}]}')).toBe('{"a":[{"email":"[redacted]"}]}');
    expect(masker.cell(0, 'no JSON')).toBe('no JSON');
  });
});

test('never 41: nothing under a hidden name is left, whatever stands around it', () => {
  const canary = 'canary-value';
  const tree = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, fc.constant('x'), fc.integer(), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(fc.constantFrom('a', 'b', '', '__proto__', 'secret'), tie('value'), { maxKeys: 4 }),
  })).object;
  const plant = (value: unknown, under: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => plant(item, under));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, plant(item, under || key === 'secret')]),
      );
    return under ? canary : value;
  };
  fc.assert(
    fc.property(tree, (value) => {
      const masked = maskJson(JSON.stringify(plant(value, false)), same, at('$..secret'));
      expect(masked).not.toContain(canary);
      expect(() => JSON.parse(masked ?? 'null') as unknown).not.toThrow();
    }),
    { numRuns: 500 },
  );
});

test('deep nesting costs no stack, and many ways to one place no time', () => {
  const deep = `${'{"a":'.repeat(150)}1${'}'.repeat(150)}`;
  expect(maskJson(deep, same, at('$..a..a..a..a..b'))).toBe(deep);
  expect(maskJson(`${'['.repeat(5000)}${']'.repeat(5000)}`, same)).toBeNull();
});
