import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeSegment, resource, splitResource } from './resource.ts';

test.each([
  ['orders', 'orders'],
  ['f(int, text[])', 'f(int, text[])'],
  ['a.b', 'a%2Eb'],
  ['a/b', 'a%2Fb'],
  ['a*', 'a%2A'],
  ['100%', '100%25'],
  ['a%2Eb', 'a%252Eb'],
  ['über', '%C3%BCber'],
  ['😀', '%F0%9F%98%80'],
  ['a:b', 'a%3Ab'],
  ['a\nb', 'a%0Ab'],
  ['a\n', 'a%0A'],
  ['"x"', '%22x%22'],
  ['', ''],
])('the segment %j is written %s', (raw, encoded) => {
  expect(encodeSegment(raw)).toBe(encoded);
});

test('names are joined as their kind does', () => {
  expect(resource('table', 'public', 'orders')).toBe('table:public.orders');
  expect(resource('http', '', 'v1', 'invoices', '42')).toBe('http:/v1/invoices/42');
  expect(resource('k8s', 'shop', 'apps', 'deployments', 'web')).toBe('k8s:shop/apps/deployments/web');
});

test('a name splits into what it was made of, whatever its segments hold', () => {
  const segments = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom('table', 'http'), segments, (kind, raw) => {
      const split = splitResource(resource(kind, ...raw));
      expect(split.kind).toBe(kind);
      expect(split.segments.map(decodeURIComponent)).toEqual(raw);
    }),
  );
});

test('never 52: two names are one only where their segments are', () => {
  expect(resource('table', 'a.b', 'c')).not.toBe(resource('table', 'a', 'b.c'));
  expect(resource('table', 'public', 'оrders')).not.toBe(resource('table', 'public', 'orders'));
});

test('what has no colon has no kind', () => {
  expect(splitResource('table')).toEqual({ kind: '', segments: ['table'] });
  expect(splitResource(':x')).toEqual({ kind: '', segments: ['x'] });
});
