import type { Resource } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { base, load } from '../file/testing/load.ts';
import { reviewWalls } from './wall.ts';

const file = load(`${base}masks:
  - { columns: [public.customers.ssn, "*.*.card_number"], with: redact }
  - { columns: [public.customers.name], with: redact, connections: { labels: { env: staging } } }
`);
const reads = (...columns: readonly Resource[]) => new Map([['shop-db', new Set<Resource>(columns)]]);

describe('a wall login', () => {
  test('that can’t read what masks hide is as it should be', () => {
    expect(reviewWalls(file, reads('column:public.customers.name'))).toMatchObject([{ verdict: 'ok' }]);
  });

  test('that can is no wall for these columns', () => {
    const columns = ['a', 'b', 'c'].map((name): Resource => `column:public.${name}.card_number`);
    expect(reviewWalls(file, reads('column:public.customers.ssn', ...columns))).toMatchObject([
      {
        verdict: 'warning',
        what: 'shop-db: the wall login can read public.customers.ssn, public.a.card_number, public.b.card_number and 1 more, which masks hide',
      },
    ]);
  });

  test('is not spoken of where no mask hides a column', () => {
    expect(reviewWalls(load(base), reads('column:public.customers.ssn'))).toEqual([]);
  });
});
