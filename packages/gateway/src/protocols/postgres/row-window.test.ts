import { expect, test } from '@jest/globals';
import type { Row } from './portal.ts';
import { RowWindow } from './row-window.ts';

const asItIs = (row: Row): Row => row;

test('takes rows up to the cap, and knows of one more', () => {
  const window = new RowWindow({ rows: 2, bytes: 100 }, asItIs);
  window.add(['a']);
  window.add(['b']);
  expect(window.cut).toBe(false);
  window.add(['c']);
  expect([window.rows, window.cut]).toEqual([[['a'], ['b']], true]);
});

test('counts bytes of UTF-8, and takes nothing after the first row that does not fit', () => {
  const window = new RowWindow({ rows: 10, bytes: 6 }, asItIs);
  window.add(['äö', null]);
  window.add(['äö']);
  window.add(['x']);
  expect([window.rows, window.cut]).toEqual([[['äö', null]], true]);
});

test('asks for one row beyond the cap', () => {
  const window = new RowWindow({ rows: 2, bytes: 1000 }, asItIs);
  expect(window.nextBatch(100)).toBe(3);
  window.add(['a']);
  expect(window.nextBatch(100)).toBe(2);
});

test('asks for fewer rows where they are large, and always for one', () => {
  const window = new RowWindow({ rows: 1000, bytes: 1000 }, asItIs);
  window.add(['x'.repeat(300)]);
  expect(window.nextBatch(100)).toBe(3);
  window.add(['x'.repeat(700)]);
  expect(window.nextBatch(100)).toBe(1);
});

test('never 39: counts what is left of a row, so that its end tells nothing of what was hidden', () => {
  const window = new RowWindow({ rows: 1000, bytes: 100 }, ([id = null]) => [id, '[redacted]']);
  window.add(['1', 'x'.repeat(5000)]);
  window.add(['2', 'y']);
  expect(window.rows).toEqual([
    ['1', '[redacted]'],
    ['2', '[redacted]'],
  ]);
  expect([window.cut, window.nextBatch(100)]).toEqual([false, 1]);
});

test('rows that were taken are gone, and count', () => {
  const window = new RowWindow({ rows: 3, bytes: 1000 }, asItIs);
  window.add(['a']);
  window.add(['b']);
  expect(window.take()).toEqual([['a'], ['b']]);
  expect([window.rows, window.count, window.nextBatch(100)]).toEqual([[], 2, 2]);
  window.add(['c']);
  window.add(['d']);
  expect([window.take(), window.cut, window.count]).toEqual([[['c']], true, 3]);
});
