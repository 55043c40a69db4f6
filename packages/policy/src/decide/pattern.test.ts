import { resource } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { compilePattern } from './pattern.ts';

const matches = (kind: string, pattern: string, name: string) =>
  compilePattern(kind, pattern).matches(`${kind}:${name}`);

describe('patterns', () => {
  test.each([
    ['table', 'public.orders', 'public.orders', true],
    ['table', 'public.orders', 'public.orders2', false],
    ['table', 'public.*', 'public.orders', true],
    ['table', 'public.*', 'public.a.b', false],
    ['table', 'public.**', 'public.a.b', true],
    ['table', '*.orders', 'public.orders', true],
    ['table', '**', 'public.orders', true],
    ['table', 'p*c.o*s', 'public.orders', true],
    ['table', 'p*c.o*s', 'public.order', false],
    ['table', 'public.or**', 'public.orders', true],
    ['http', '/v1/*/lines', '/v1/42/lines', true],
    ['http', '/v1/*/lines', '/v1/42/x/lines', false],
    ['http', '/v1/**/lines', '/v1/42/x/lines', true],
    ['http', '/v1/*', '/v1/', true],
    ['k8s', 'shop/*/deployments/*', 'shop/apps/deployments/web', true],
    ['table', 'a%2Eb.c', 'a%2Eb.c', true],
    ['table', 'a%2eb.c', 'a%2Eb.c', true],
    ['table', 'über.c', '%C3%BCber.c', true],
    ['table', 'a%2A.c', 'a%2A.c', true],
    ['table', 'a%2A.c', 'aX.c', false],
    ['table', 'a***.c', 'a.b.c', true],
  ])('%s:%s on %s: %s', (kind, pattern, name, expected) => {
    expect(matches(kind, pattern, name)).toBe(expected);
  });

  test('a name is a pattern for itself only, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const name = resource('table', 'public', a);
        const other = resource('table', 'public', b);
        expect(matches('table', name.slice(6), name.slice(6))).toBe(true);
        expect(matches('table', name.slice(6), other.slice(6))).toBe(name === other);
        expect(compilePattern('table', 'public.*').matches(name)).toBe(true);
      }),
    );
  });

  test('whether a column below a table could match', () => {
    const below = (pattern: string) =>
      compilePattern('column', pattern).couldMatchBelow('column:public.customers.');
    expect(['public.customers.ssn', 'public.*.ssn', '*.*.*', '**', '**.ssn', 'p*.c*.x'].map(below)).toEqual(
      Array(6).fill(true),
    );
    expect(['public.orders.ssn', 'other.*.ssn', 'public.customers', '*.orders.*'].map(below)).toEqual(
      Array(4).fill(false),
    );
  });

  test('whether one of many names could match', () => {
    const could = (pattern: string, names: string) =>
      compilePattern('k8s', pattern).couldMatch(`k8s:${names}`);
    const many = 'shop/-/pods/*';
    expect(
      ['shop/-/pods/web', 'shop/-/pods/*', '*/-/pods/w*b', 'shop/**', '**', '**/web', 's*/*/*/w*'].map(
        (pattern) => could(pattern, many),
      ),
    ).toEqual(Array(7).fill(true));
    expect(
      ['prod/-/pods/web', 'shop/-/pods', 'shop/-/pods/web/log', 'shop/apps/*/*', '*/*/secrets/*'].map(
        (pattern) => could(pattern, many),
      ),
    ).toEqual(Array(5).fill(false));
    expect(could('shop/apps/deployments/web', '*/*/*/*')).toBe(true);
    expect(could('-/-/nodes/n1', '*/-/pods/*')).toBe(false);
  });

  test('stars do not multiply the time', () => {
    const pattern = compilePattern('table', '*a'.repeat(100) + '**b'.repeat(50));
    const start = performance.now();
    expect(pattern.matches(`table:${'a'.repeat(20_000)}`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('a broken percent-encoding is refused', () => {
    expect(() => compilePattern('table', 'a%2')).toThrow(URIError);
  });
});
