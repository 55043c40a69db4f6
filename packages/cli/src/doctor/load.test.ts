import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@countersign/core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { terminalOf } from '../terminal/terminal.ts';
import { loadForReview } from './load.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-load-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function findingsOf(text: string): Promise<readonly Pick<Finding, 'verdict' | 'advice'>[]> {
  await writeFile(join(folder, 'countersign.yaml'), text);
  return await reviewed('countersign.yaml');
}
async function reviewed(path: string) {
  const host = {
    terminal: terminalOf(process, {}),
    signal: new AbortController().signal,
    directory: folder,
    now: () => new Date(0),
    exit: () => undefined,
  };
  const { findings } = await loadForReview(host, path);
  return findings.map(({ verdict, advice }) => ({ verdict, advice }));
}

test('what is wrong with a file says what to write where', async () => {
  expect(
    await findingsOf(
      'version: 1\nconnections: {}\nruls: []\nlimits: { rows: x }\nrules: [{ name: a, who: { groups: [a] }, then: allow }]\n',
    ),
  ).toEqual([
    { verdict: 'problem', advice: 'In line 3, write "rules" instead.' },
    {
      verdict: 'problem',
      advice: 'In line 4, from column 17 on, write rows: a whole number from 1 to 1000000.',
    },
  ]);
});

test('a file that is not there, and a variable that is not set, say what to do', async () => {
  expect(await reviewed('none.yaml')).toEqual([
    { verdict: 'problem', advice: expect.stringContaining('name yours with -c FILE') },
  ]);
  expect(
    await findingsOf(
      'version: 1\nconnections: { db: { protocol: postgres, url: "${SHOP_DB_URL}" } }\nrules: []\n',
    ),
  ).toContainEqual({
    verdict: 'problem',
    advice: 'Export it in the shell or the service that starts the gateway, then start it again.',
  });
});
