import { posix } from 'node:path';
import { CountersignError } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseTarget, resourceOf } from './path.ts';

const refusal = (target: string) => {
  try {
    parseTarget(target);
    return 'accepted';
  } catch (thrown) {
    return thrown instanceof CountersignError ? thrown.code : String(thrown);
  }
};

describe('never 43: the path can’t be walked out of', () => {
  const dots = [
    '/..',
    '/../etc',
    '/v1/../admin',
    '/v1/./admin',
    '/v1/..',
    '/v1/.',
    '/v1/%2e%2e/admin',
    '/v1/%2E%2E/admin',
    '/v1/.%2e/admin',
    '/v1/%2e./admin',
    '/v1/%2e/admin',
    '/v1/%252e%252e/admin',
    '/v1/%25252e%25252e/admin',
    '/v1/%u002e%u002e/admin',
    '/v1/%c0%ae%c0%ae/admin',
    '/v1/%e0%80%ae%e0%80%ae/admin',
    '/v1/%ef%bc%8e%ef%bc%8e/admin',
    '/v1/%e2%80%a5/admin',
    '/v1/%e3%80%82%e3%80%82/admin',
    '/v1/.../admin',
    '/v1/....//admin',
    '/v1/..;/admin',
    '/v1/..;a=b/admin',
    '/v1/..%3b/admin',
    '/v1/..%00/admin',
    '/v1/..%20/admin',
    '/v1/%20../admin',
    '/v1/..%09/admin',
    '/v1/..%0d%0a/admin',
    '/v1/..%2fadmin',
    '/v1/..%5cadmin',
    '/v1/..\\admin',
    '/v1/x%2f..%2f..%2fadmin',
    '/v1/x%2Fy',
    '/v1/x%5Cy',
    '/v1/x%252Fy',
    '/v1/x%c0%afy',
    '/v1/x%ef%bc%8fy',
    '/v1/x%e2%88%95y',
    '/v1/x;y',
    '/v1/x%3By',
    '/v1/x.',
    '/v1/x%20',
    '/v1/%20x',
    '/v1/x%00',
    '/v1/x%7f',
    '/v1/x%e2%80%8by',
    '/v1/x%e2%80%aey',
    '/v1/x%ff',
    '/v1/x%',
    '/v1/x%2',
    '/v1/x%zz',
    '/v1//x',
  ];
  const hosts = [
    '',
    '//evil.example',
    '//evil.example/v1',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/%5cevil.example',
    'http://evil.example/',
    'https:evil.example',
    'evil.example',
    '@evil.example/',
    ':80/',
    '.evil.example/',
    'v1/x',
    '?x=1',
    '*',
    '/%2f/evil.example',
    '/%2fevil.example',
    ' /v1',
    '\t/v1',
    '/v1 HTTP/1.1\r\nHost: evil.example',
    '/v1\r\nX-Injected: 1',
    '/v1\nx',
    '/v1\u0000',
    '/v1#x',
    '/v1?x#y',
    '/v1?x=\r\ny',
    '/v1?x=ä',
    '/ä',
    '/v1?x\\y',
    '/v1?x={y}',
    '/v1/"x"',
    '/v1/<x>',
    '/v1/^x',
    '/v1/`x`',
    '/v1/{x}',
    '/v1/|x',
  ];
  test.each([...dots, ...hosts])('%j', (target) => {
    expect(refusal(target)).toBe('malformed');
  });

  test('a path too long to be recorded is too large', () => {
    expect(refusal(`/${'x'.repeat(3000)}`)).toBe('too_large');
  });
});

test.each([
  ['/', 'http:/', null],
  ['/v1/invoices/42', 'http:/v1/invoices/42', null],
  ['/v1/invoices/', 'http:/v1/invoices', null],
  ['/v1/%69nvoices', 'http:/v1/invoices', null],
  ['/v1/caf%C3%A9', 'http:/v1/caf%C3%A9', null],
  ['/v1/a%20b', 'http:/v1/a b', null],
  ['/v1/users/p@x.example', 'http:/v1/users/p%40x%2Eexample', null],
  ['/v1/items:batch', 'http:/v1/items%3Abatch', null],
  ['/v1/.well-known', 'http:/v1/%2Ewell-known', null],
  ['/v1/a..b', 'http:/v1/a%2E%2Eb', null],
  ['/v1/100%25', 'http:/v1/100%25', null],
  ['/v1/x?', 'http:/v1/x', ''],
  [
    '/v1/x?a=1&b[]=2&u=https://a.example/?c=%2F..%2F',
    'http:/v1/x',
    'a=1&b[]=2&u=https://a.example/?c=%2F..%2F',
  ],
])('%s is %s', (target, name, query) => {
  const parsed = parseTarget(target);
  expect(resourceOf(parsed)).toBe(name);
  expect(parsed.query).toBe(query);
});

/** How servers, and what stands before them, have been seen to read a path. */
const readings: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/\/{2,}/g, '/'),
  (path) => path.replace(/[\s\0.]+(?=\/|$)/g, (end) => (/^\.\.?$/.test(end) ? end : '')),
  (path) => path.split('\0')[0] as string,
  (path) => path.normalize('NFKC'),
];

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return Buffer.from(
      path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString('utf8');
  }
};

const hostile = [
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  '%252e',
  '%2f',
  '%5c',
  '%255c',
  '\\',
  ';',
  '%3b',
  ';x=1',
  '%00',
  '%20',
  ' ',
  '?',
  '#',
  'a',
  'admin',
  'v1',
  '%61',
  '%c0%ae',
  '%ef%bc%8e',
  '%e2%80%a5',
  '%ef%bc%8f',
  '%25',
  '2e',
  '%u002e',
  '@',
  ':',
  '%0a',
];
const piece = fc.constantFrom(...hostile);

test('never 43: what is accepted is the same path however a server reads it', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, rooted) => {
      const target = (rooted ? '/' : '') + pieces.join('');
      if (refusal(target) !== 'accepted') return;
      accepted++;
      const { segments } = parseTarget(target);
      const path = target.split('?')[0] as string;
      const judged = `/${segments.join('/')}`;
      for (const first of readings)
        for (const times of [1, 2, 3])
          for (const then of readings) {
            let read = first(path);
            for (let i = 0; i < times; i++) read = then(decode(read));
            const resolved = posix.normalize(read).replace(/(?<=.)\/$/, '');
            // A name with a bare percent sign has no second decoding that would be valid.
            expect(decode(resolved)).toBe(decode(judged));
          }
    }),
    { numRuns: 3000, seed: 7 },
  );
  expect(accepted).toBeGreaterThan(100);
});
