/** The embedded store: its folder, who holds it, its schema. It is opened only where nobody else has it open. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CountersignError, type Finding, fine, problem, warning } from '@countersign/core';
import { PGlite } from '@electric-sql/pglite';
import { lockFolder } from '../store/lock.ts';
import { type Ask, schemaVersion } from '../store/schema-version.ts';
import { privateTo } from './file-modes.ts';
import { reviewSchema } from './schema.ts';
import type { StoreLook } from './store-look.ts';

/** @param gatewayAlive Whether a gateway answers on this folder: the store is then its own, and is not opened. */
export async function inspectEmbedded(folder: string, gatewayAlive: boolean): Promise<StoreLook> {
  const own = await privateTo({
    name: 'store.folder',
    path: folder,
    what: 'the data folder',
    missing: fine('store.folder', `the data folder ${folder} is made at the first start`),
  });
  const durability = fine(
    'store.durability',
    'embedded: it survives a killed process, not a power cut; use a PostgreSQL store where that matters',
  );
  const used = existsSync(join(folder, 'store'));
  const more = async (): Promise<readonly Finding[]> => {
    if (gatewayAlive) return [fine('store.lock', 'in use by the gateway that runs')];
    return used && own.verdict === 'ok' ? await opened(folder) : [];
  };
  return { findings: [own, ...(await more()), durability], used };
}

async function opened(folder: string): Promise<readonly Finding[]> {
  let lock: ReturnType<typeof lockFolder>;
  try {
    lock = lockFolder(folder);
  } catch (thrown) {
    if (thrown instanceof CountersignError && thrown.code === 'data_locked')
      return [
        warning(
          'store.lock',
          'another process holds the data folder, though no gateway answers there',
          'If it is a gateway that starts or ends, wait; otherwise find the process and end it.',
        ),
      ];
    return [
      problem('store.lock', 'the data folder can’t be locked', 'See whether its disk can be written to.'),
    ];
  }
  try {
    const pglite = await PGlite.create({ dataDir: join(folder, 'store') });
    try {
      const ask: Ask = async (text) => (await pglite.query<Record<string, unknown>>(text)).rows;
      return [fine('store.lock', 'nobody else has it open'), reviewSchema(await schemaVersion(ask))];
    } finally {
      await pglite.close();
    }
  } catch {
    return [
      problem(
        'store.opens',
        'the store can’t be opened: its files are damaged',
        'Restore the data folder from a backup; keep the damaged one until calls in it are settled.',
      ),
    ];
  } finally {
    lock.release();
  }
}
