/** What of an answer an agent may see: bodies that are no text, and every form that hides what a path leads to. */
import { type MaskPlan, noMasks } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type MaskScope, makeMasker } from '../../masking/masker.ts';
import { maskAnswer } from './mask.ts';

const scope: MaskScope = { secret: new Uint8Array(32), principal: 'agent:a', run: 'r' };
const plan: MaskPlan = { ...noMasks, columns: [null] };
const masker = makeMasker(plan, scope);
const hiding = makeMasker({ ...plan, paths: [{ with: 'redact', paths: ['$..iban'], domain: 'd' }] }, scope);
const secret = 'c0unter-s1gn';

interface Given {
  readonly type: string;
  readonly bytes: Buffer;
  readonly binary?: boolean;
  readonly packed?: boolean;
  readonly truncated?: boolean;
  readonly by?: typeof masker;
}

const seen = ({ type, bytes, binary = true, packed = false, truncated = false, by = masker }: Given) =>
  maskAnswer({
    status: 200,
    headers: [['content-type', type]],
    read: { bytes, packed, truncated },
    secrets: [secret],
    masker: by,
    binary,
  }).body;

const image = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]);
const withheld = /^\[withheld: \d+ bytes that are no text\]$/;

describe('never 41: a body that is no text', () => {
  test('comes as base64 where the connection lets it', () => {
    expect(seen({ type: 'image/png', bytes: image })).toBe(image.toString('base64'));
    expect(seen({ type: '', bytes: image })).toBe(image.toString('base64'));
    expect(seen({ type: 'image/png', bytes: image, binary: false })).toMatch(withheld);
  });

  test.each([
    ['is packed in an unknown way', { type: 'image/png', packed: true }],
    ['was cut', { type: 'image/png', truncated: true }],
    ['a path could lead into', { type: 'image/png', by: hiding }],
  ])('does not where it %s', (_, more) => {
    expect(seen({ bytes: image, ...more })).toMatch(withheld);
  });

  test.each([
    'text/plain; charset=utf-16le',
    'application/json; charset=utf-16',
    'application/json',
    'application/vnd.api+json',
    'text/csv',
    'application/xml',
    'application/octet-stream; charset=utf-16',
    'multipart/mixed; boundary=x',
  ])('nor where it is text in another guise: %s', (type) => {
    expect(seen({ type, bytes: Buffer.from('zoe@shop.example', 'utf16le') })).toMatch(withheld);
  });

  test.each([
    ['as it is', Buffer.from(secret)],
    ['two bytes a character', Buffer.from(secret, 'utf16le')],
    ['in base64', Buffer.from(Buffer.from(`x${secret}`).toString('base64'))],
  ])('nor where it holds the credential %s', (_, part) => {
    const bytes = Buffer.concat([image, part, image]);
    expect(seen({ type: 'application/octet-stream', bytes })).toMatch(withheld);
  });
});

test('what is called Latin-1 and is UTF-8 is read as what it is', () => {
  const bytes = Buffer.from('zoë');
  expect(seen({ type: 'text/plain; charset=iso-8859-1', bytes })).toBe('zoë');
  expect(seen({ type: 'text/plain; charset=iso-8859-1', bytes: Buffer.from('zoë', 'latin1') })).toBe('zoë');
});

test('never 38: what a path leads to shows in no form of a body', () => {
  const canary = 'CH93';
  const type = fc.constantFrom(
    'application/json',
    'application/x-ndjson',
    'text/event-stream',
    'text/html',
    'text/csv',
    'application/x-www-form-urlencoded',
    'application/json-seq',
    'multipart/mixed; boundary=x',
    '',
  );
  const value = fc.oneof(
    fc.constant({ iban: canary }),
    fc.constant({ a: [{ iban: { b: canary } }] }),
    fc.constant({ a: JSON.stringify({ iban: canary }) }),
    fc.constant({ a: JSON.stringify({ b: JSON.stringify([{ iban: canary }]) }) }),
  );
  const around = fc.constantFrom(
    '',
    '\n',
    'data: ',
    '\ndata: ',
    ': ',
    'id: ',
    'event: ',
    '\u001e',
    ")]}',\n",
    '--x\n',
    ' ',
  );
  fc.assert(
    fc.property(type, fc.array(fc.tuple(around, value, fc.boolean()), { maxLength: 4 }), (called, parts) => {
      const text = parts
        .map(([before, one, spaced]) => before + JSON.stringify(one, null, spaced ? 2 : 0))
        .join('\n');
      expect(seen({ type: called, bytes: Buffer.from(text), by: hiding })).not.toContain(canary);
    }),
    { numRuns: 1000 },
  );
});

test('never 42: the credential shows in no mix of escapes', () => {
  const spelled = fc.array(fc.integer({ min: 0, max: 6 }), {
    minLength: secret.length,
    maxLength: secret.length,
  });
  fc.assert(
    fc.property(spelled, (ways) => {
      const text = Array.from(secret, (one, at) => {
        const code = one.charCodeAt(0);
        const hex = code.toString(16);
        const spellings = [
          one,
          `%${hex}`,
          `\\u00${hex}`,
          `&#${code};`,
          `&#x${hex.toUpperCase()};`,
          `%25${hex}`,
          one.toUpperCase(),
        ];
        return spellings[ways[at] ?? 0];
      }).join('');
      expect(seen({ type: 'text/plain', bytes: Buffer.from(`a ${text} b`) })).toBe('a [redacted] b');
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['two members', JSON.stringify({ a: secret.slice(0, 5), b: secret.slice(5) })],
  ['a list of letters', JSON.stringify(Array.from(secret))],
  ['pretty JSON', JSON.stringify({ a: Array.from(secret) }, null, 2)],
  ['two events', `data: {"delta":"${secret.slice(0, 5)}"}\n\ndata: {"delta":"${secret.slice(5)}"}\n\n`],
  ['two lines', `${secret.slice(0, 5)}\r\n${secret.slice(5)}\n`],
])('never 42: the credential does not come in pieces: %s', (_, text) => {
  expect(seen({ type: 'text/plain', bytes: Buffer.from(text) })).toBe('[redacted]');
});
