/** The page of errors says what the table says, of every code. */
import { readFile } from 'node:fs/promises';
import { errorTable } from '@countersign/core';
import { expect, test } from '@jest/globals';
import { errorReference, sections } from './error-reference.ts';

test('docs/errors.md is as `npx pnpm write-docs` writes it', async () => {
  const page = new URL('../../docs/errors.md', import.meta.url);
  expect(await readFile(page, 'utf8')).toBe(errorReference());
});

test('every code of the table is told of once, in the order of the table', () => {
  expect(sections.flatMap(({ codes }) => Object.keys(codes))).toEqual(Object.keys(errorTable));
});
