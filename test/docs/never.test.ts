/** What must never happen has numbers. Each has a test that says so in its title, or waits for what it is about. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from './blocks.ts';

const last = 52;

/** What is not there yet, and so can't go wrong. */
const waiting: Readonly<Record<number, string>> = {
  30: 'budgets',
  46: 'commands that wrap others',
};

const numbersIn = (text: string): readonly number[] =>
  [...text.matchAll(/['"`]never (\d\d): /g)].map(([, number]) => Number(number));

test('every line that applies has a test with its number, and no test has a number that there is not', () => {
  const files = [
    'packages/*/src/**/*.test.ts',
    'test/**/*.test.ts',
    'test/*/ways/*.ts',
    'examples/**/*.test.ts',
  ]
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !file.includes('node_modules'));
  const held = new Set(files.flatMap((file) => numbersIn(readFileSync(join(root, file), 'utf8'))));
  const all = Array.from({ length: last }, (_, index) => index + 1);
  expect(all.filter((number) => !held.has(number) && waiting[number] === undefined)).toEqual([]);
  expect([...held].filter((number) => !all.includes(number))).toEqual([]);
});
