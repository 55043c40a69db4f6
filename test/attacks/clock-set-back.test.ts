import { type Gateway, type Runtime, systemRuntime } from '@countersign/gateway';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { execute, refusal, seed, submit } from '../gateway/harness.ts';
import { dropFolder, newFolder, observe, type People, peopleOf, startOn } from '../store/support.ts';
import { until } from '../support/until.ts';

const hour = 3_600_000;

let server: PostgresServer;
let target: TestDatabase;
let atStore: Client;
let folder: string;
let gateway: Gateway;
let people: People;
/** Milliseconds that the gateway's clock was set back. */
let back = 0;
const start = systemRuntime.now();
/** Waits are a tenth as long, and the clock goes ten times as fast. */
const runtime: Runtime = {
  ...systemRuntime,
  now: () => start + (systemRuntime.now() - start) * 10 - back,
  sleep: (ms, signal) => systemRuntime.sleep(ms / 10, signal),
};

beforeAll(async () => {
  server = await startPostgres();
  target = await server.createDatabase({ seed });
  const store = await server.createDatabase();
  atStore = await observe(store.url);
  folder = newFolder();
  gateway = await startOn({ target: target.url, store: store.url, folder }, 'one', runtime);
  people = await peopleOf(gateway);
});
afterAll(async () => {
  await gateway.close();
  await atStore.end();
  await server.stop();
  dropFolder(folder);
});

describe('a gateway whose clock is set back', () => {
  test('never 24: trusts no token for longer', async () => {
    const agent = people.agent();
    expect(await refusal(agent.listConnections())).toBe('none');
    back += hour;
    // As another gateway of the store revokes it.
    await atStore.query("update tokens set revoked_at = clock_timestamp() where name = 'teller'");
    await until(async () => (await refusal(agent.listConnections())) === 'unauthenticated');
    await atStore.query("update tokens set revoked_at = null where name = 'teller'");
  });

  test('never 50: goes on giving signs of life for what it runs', async () => {
    const sleeping = await submit(people.agent(), 'select pg_sleep(4)');
    const execution = execute(people.agent(), sleeping);
    const lastSign = async () => {
      const { rows } = await atStore.query<{ at: Date | null }>(
        'select heartbeat_at as at from calls where id = $1',
        [sleeping.id],
      );
      return rows[0]?.at?.getTime() ?? null;
    };
    await until(async () => (await lastSign()) !== null);
    back += hour;
    const before = (await lastSign()) ?? 0;
    await until(async () => ((await lastSign()) ?? 0) > before);
    expect(await execution).toMatchObject({ outcome: 'succeeded' });
  });
});
