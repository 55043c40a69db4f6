import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { nestingWithin } from './nesting.ts';

/** The same by recursion, for values small enough. */
function depth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}

test('nesting is counted as a reader of the JSON would', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const json = JSON.stringify(value);
      expect(nestingWithin(json, depth(value))).toBe(true);
      if (depth(value) > 0) expect(nestingWithin(json, depth(value) - 1)).toBe(false);
    }),
  );
});

test('a million levels are counted without recursion', () => {
  expect(nestingWithin('['.repeat(1_000_000), 1000)).toBe(false);
});
