import { expect, test } from '@jest/globals';
import { RowWindow } from './row-window.ts';

test('takes rows up to the cap, and knows of one more', () => {
  const window = new RowWindow({ rows: 2, bytes: 100 });
  window.add(['a']);
  window.add(['b']);
  expect(window.cut).toBe(false);
  window.add(['c']);
  expect([window.rows, window.cut]).toEqual([[['a'], ['b']], true]);
});

test('counts bytes of UTF-8, and takes nothing after the first row that does not fit', () => {
  const window = new RowWindow({ rows: 10, bytes: 6 });
  window.add(['äö', null]);
  window.add(['äö']);
  window.add(['x']);
  expect([window.rows, window.cut]).toEqual([[['äö', null]], true]);
});

test('asks for one row beyond the cap', () => {
  const window = new RowWindow({ rows: 2, bytes: 1000 });
  expect(window.nextBatch(100)).toBe(3);
  window.add(['a']);
  expect(window.nextBatch(100)).toBe(2);
});

test('asks for fewer rows where they are large, and always for one', () => {
  const window = new RowWindow({ rows: 1000, bytes: 1000 });
  window.add(['x'.repeat(300)]);
  expect(window.nextBatch(100)).toBe(3);
  window.add(['x'.repeat(700)]);
  expect(window.nextBatch(100)).toBe(1);
});
