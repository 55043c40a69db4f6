/** What the detectors find and leave, on examples of the kinds that recognisers are measured on; through the masker. */
import { detectorNames } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { makeMasker } from '../../packages/gateway/src/masking/masker.ts';
import { examples } from './detectors/examples.ts';
import { measure } from './detectors/measure.ts';
import { textsOf } from './detectors/texts.ts';

const scope = { secret: new Uint8Array(32), principal: 'a', run: 'r' };
const everything = { with: 'redact', detect: detectorNames, names: detectorNames, domain: 'd' } as const;
const masker = makeMasker({ columns: [null], detectors: [everything], showErrors: true }, scope);
const mask = (text: string): string => masker.cell(0, text) ?? '';
const valuesOf = (example: string) => Array.from(example.matchAll(/«([^»]*)»/g), ([, value = '']) => value);
const plain = (example: string) => example.replace(/[«»]/g, '');

describe.each(detectorNames)('never 41: %s', (name) => {
  test('finds every value of the examples, and nothing where there is none', () => {
    const { values, found, wrong, missed } = measure(name);
    expect({ found, wrong, missed }).toEqual({ found: values, wrong: 0, missed: [] });
  });

  test('finds them in JSON values and keys, in arrays, composites and bytes', () => {
    for (const example of [...examples[name], ...textsOf(name).values]) {
      const text = plain(example);
      const forms = [
        JSON.stringify({ a: { b: [text] } }),
        JSON.stringify({ [text]: 1 }),
        JSON.stringify({ a: `\n${text}\t` }),
        JSON.stringify(JSON.stringify({ a: `x\n${text}` })),
        `{"${text.replace(/["\\]/g, '\\$&')}",x}`,
        `(1,"${text.replace(/"/g, '""')}",t)`,
      ];
      for (const form of forms)
        for (const value of valuesOf(example))
          expect(mask(form)).not.toContain(JSON.stringify(value).slice(1, -1));
      if (valuesOf(example).length > 0)
        expect(mask(`\\x${Buffer.from(text).toString('hex')}`)).toBe('[redacted]');
    }
  });
});

test('never 41: JSON escapes hide nothing from a detector', () => {
  const escaped = (text: string) =>
    Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  expect(mask(`{"v":"${escaped('jo@example.com')}"}`)).toBe('{"v":"[redacted]"}');
  expect(mask(`{"v":"${escaped('4111 1111 1111 1111')}","w":1}`)).toBe('{"v":"[redacted]","w":1}');
  expect(mask(String.raw`{"u":"postgres:\/\/app:s3cret@db\/x"}`)).not.toContain('s3cret');
});

test('what holds nothing is given back as it came, to the byte', () => {
  for (const text of ['', ' ', '0.10', '{"a": 1, "b": [true, null]}', '\\x00ff', 'é\u0000', 'C:\\unit\\u12'])
    expect(mask(text)).toBe(text);
});

test('a limit: a value that is written as no reader would see it, or in words, is not found', () => {
  const twice = (text: string) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64');
  for (const text of [
    twice('jo@example.com'),
    Array.from('jo@example.com').toReversed().join(''),
    'jo at example dot com',
    'j o @ e x a m p l e . c o m',
    'four one one one, and so on',
    'IBANDE89370400440532013000',
    '4111+1111+1111+1111',
  ])
    expect(mask(text)).toBe(text);
});
