import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateway } from '@countersign/gateway';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seed } from '../gateway/harness.ts';
import { dropFolder, newFolder, record, startOn } from '../store/support.ts';

let server: PostgresServer;
const folders = [newFolder(), newFolder(), newFolder()] as const;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  for (const folder of folders) dropFolder(folder);
});

test('never 48: of two gateways that start at once on a new store, each with keys of its own, one does', async () => {
  const target = await server.createDatabase({ seed });
  const store = await server.createDatabase();
  const place = (folder: string) => ({ target: target.url, store: store.url, folder });
  const [one, two, late] = folders;
  const starts = await Promise.allSettled([startOn(place(one)), startOn(place(two))]);
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  try {
    const refused = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason as unknown] : []));
    expect(refused).toEqual([
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.stringContaining('the store was written with the keys'),
      }),
    ]);
    await expect(startOn(place(late))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(existsSync(join(late, 'keys'))).toBe(false);
    const [folder = ''] = starts.flatMap(({ status }, n) => (status === 'fulfilled' ? [folders[n]] : []));
    const { events } = await record(started[0] as Gateway, folder);
    expect(events.filter(({ type }) => type === 'policy.loaded')).toHaveLength(1);
  } finally {
    await Promise.all(started.map((gateway) => gateway.close()));
  }
});
