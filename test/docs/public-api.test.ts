/** The public names of the packages: which there are, and that each says what it is. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrorCode } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { root } from './blocks.ts';
import { publicNames } from './public-api.ts';

const packages = ['agents', 'client', 'core', 'gateway', 'policy', 'postgres', 'testing'];

describe.each(packages)('@countersign/%s', (name) => {
  const index = join(root, 'packages', name, 'src/index.ts');

  test('exports these names: one that appears or vanishes is a decision (`npx pnpm test test/docs/public-api -u`)', async () => {
    const names = (await publicNames(index)).map(({ name: exported, kind, from }) =>
      from === null ? `${kind} ${exported}` : `${exported} of ${from}`,
    );
    expect(names.join('\n')).toMatchSnapshot();
  });

  test('says of every name what it is', async () => {
    const own = (await publicNames(index)).filter(({ from }) => from === null);
    expect(own.filter(({ doc }) => !/^[^@][^]{4}/.test(doc)).map(({ name: exported }) => exported)).toEqual(
      [],
    );
  });

  test('throws only codes of the table, by its own word', async () => {
    for (const file of await sources(join(root, 'packages', name, 'src'))) {
      const text = await readFile(file, 'utf8');
      for (const [, thrown = ''] of text.matchAll(
        /@throws \{(?:CountersignError|PolicyFileError)\}([^@]*?)(?:@|\*\/)/g,
      )) {
        const codes = [...thrown.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code = '']) => code);
        expect([file, codes.filter((code) => !isErrorCode(code))]).toEqual([file, []]);
      }
    }
  });

  test('says in its index what it is for', async () => {
    expect(await readFile(index, 'utf8')).toMatch(/^\/\*\*\n \* [^]+?\n \*\n \* @module\n \*\//);
  });
});

async function sources(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
}
