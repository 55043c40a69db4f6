import { expect, test } from '@jest/globals';
import { nearest } from './nearest.ts';
import { unknownConnection } from './unknown-connection.ts';

const there = ['shop-db', 'billing-api'];

test.each([
  ['billing-ap', 'billing-api'],
  ['biling-api', 'billing-api'],
  ['SHOP-DB', 'shop-db'],
  ['shpo-db', 'shop-db'],
  ['warehouse', null],
  ['', null],
  ['x'.repeat(65), null],
])('the nearest to %j is %j', (word, near) => {
  expect(nearest(word, there)).toBe(near);
});

test('an unknown connection names the nearest one, else those there are', () => {
  const { code, message } = unknownConnection('biling-api', there);
  expect({ code, message }).toEqual({
    code: 'unknown_connection',
    message: 'There is no such connection: biling-api (did you mean billing-api?).',
  });
  expect(unknownConnection('warehouse', there).message).toBe(
    'There is no such connection: warehouse; expected shop-db or billing-api.',
  );
  expect(unknownConnection('warehouse', []).message).toBe('There is no such connection: warehouse.');
});
