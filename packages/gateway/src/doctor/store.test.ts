import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lockFolder } from '../store/lock.ts';
import { openStore } from '../store/store.ts';
import { inspectEmbedded } from './embedded-store.ts';
import { inspectKeys } from './keys.ts';
import { reviewDurability } from './postgres-store.ts';
import { reviewSchema } from './schema.ts';

const inShort = (findings: readonly Finding[]) => findings.map(({ name, verdict }) => `${name} ${verdict}`);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-doctor-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('an embedded store', () => {
  test('that is not there yet is left so', async () => {
    const data = join(folder, 'none');
    expect(inShort((await inspectEmbedded(data, false)).findings)).toEqual([
      'store.folder ok',
      'store.durability ok',
    ]);
    expect(await readdir(folder)).not.toContain('none');
  });

  test('in order is looked at without changing it', async () => {
    const data = join(folder, 'good');
    await (await openStore({ kind: 'embedded', folder: data })).close();
    expect(inShort((await inspectEmbedded(data, false)).findings)).toEqual([
      'store.folder ok',
      'store.lock ok',
      'store.schema ok',
      'store.durability ok',
    ]);
    await (await openStore({ kind: 'embedded', folder: data })).close();
  }, 60_000);

  test('that somebody holds is not opened', async () => {
    const data = join(folder, 'held');
    const lock = lockFolder(data);
    await mkdir(join(data, 'store'));
    try {
      expect((await inspectEmbedded(data, false)).findings).toContainEqual({
        name: 'store.lock',
        verdict: 'warning',
        what: 'another process holds the data folder, though no gateway answers there',
        advice: expect.any(String),
      });
      expect(inShort((await inspectEmbedded(data, true)).findings)).toEqual([
        'store.folder ok',
        'store.lock ok',
        'store.durability ok',
      ]);
    } finally {
      lock.release();
    }
    expect(await readdir(join(data, 'store'))).toEqual([]);
  });

  test('whose folder is open to others', async () => {
    const data = join(folder, 'open');
    await mkdir(join(data, 'store'), { recursive: true });
    await chmod(data, 0o755);
    expect((await inspectEmbedded(data, false)).findings).toContainEqual({
      name: 'store.folder',
      verdict: 'problem',
      what: `other users of this machine may use the data folder ${data} (mode 0755)`,
      advice: `chmod 700 ${data}`,
    });
  });
});

describe('the keys file', () => {
  test('made at the first start, closed to others, or open to them', async () => {
    const file = join(folder, 'keys');
    expect(await inspectKeys(file, false)).toMatchObject({ verdict: 'ok' });
    await writeFile(file, '{}', { mode: 0o600 });
    expect(await inspectKeys(file, true)).toMatchObject({ verdict: 'ok' });
    await chmod(file, 0o640);
    expect(await inspectKeys(file, true)).toMatchObject({
      verdict: 'problem',
      what: `other users of this machine may use the keys file ${file} (mode 0640)`,
      advice: `chmod 600 ${file}`,
    });
  });

  test('missing beside a store that was written with it', async () => {
    expect(await inspectKeys(join(folder, 'lost'), true)).toMatchObject({
      verdict: 'problem',
      what: expect.stringContaining('there is a store, but not the keys it was written with'),
    });
  });
});

test.each([
  [{ found: 2, known: 2 }, 'ok', 'its schema is up to date (2)'],
  [{ found: 0, known: 2 }, 'ok', 'it is empty; the first start sets it up'],
  [{ found: 1, known: 2 }, 'ok', 'its schema is 1; the next start brings it to 2. Back it up before'],
  [{ found: 3, known: 2 }, 'problem', 'its schema (3) was written by a newer version; this one knows 2'],
])('a schema %j', (version, verdict, what) => {
  expect(reviewSchema(version)).toMatchObject({ verdict, what });
});

describe('a PostgreSQL store', () => {
  const safe = { commits: 'on', fsync: 'on', pages: 'on', standby: false };
  test.each([
    [{}, 'ok', 'it keeps what it commits'],
    [{ commits: 'remote_apply' }, 'ok', 'it keeps what it commits'],
    [{ commits: 'off' }, 'problem', 'synchronous_commit is off'],
    [{ commits: 'local' }, 'warning', 'synchronous_commit is local'],
    [{ fsync: 'off' }, 'problem', 'fsync is off'],
    [{ pages: 'off' }, 'problem', 'full_page_writes is off'],
    [{ standby: true }, 'problem', 'the store is a standby'],
  ])('with %j', (facts, verdict, what) => {
    expect(reviewDurability({ ...safe, ...facts })).toMatchObject([
      { verdict, what: expect.stringContaining(what) },
    ]);
  });
});
