import { type Gateway } from '@countersign/gateway';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { execute, seed, submit } from '../gateway/harness.ts';
import { dropFolder, newFolder, observe, type People, peopleOf, startOn } from '../store/support.ts';
import { until } from '../support/until.ts';

let server: PostgresServer;
let target: TestDatabase;
let atTarget: Client;
let atStore: Client;
let folder: string;
let one: Gateway;
let two: Gateway;
let people: People;

beforeAll(async () => {
  server = await startPostgres();
  target = await server.createDatabase({ seed });
  const store = await server.createDatabase();
  [atTarget, atStore] = [await observe(target.url), await observe(store.url)];
  folder = newFolder();
  const place = { target: target.url, store: store.url, folder };
  one = await startOn(place, 'one');
  two = await startOn(place, 'two');
  people = await peopleOf(one);
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  await Promise.all([atTarget.end(), atStore.end()]);
  await server.stop();
  dropFolder(folder);
});

test('never 24: a row of the store that somebody holds does not keep a stop from ending what runs at another gateway', async () => {
  // As the half vote of a gateway that fell silent leaves it: locked, and its clock runs out meanwhile.
  const { id } = await submit(people.agent(one), 'update accounts set balance = 0 where id = 1');
  const sleep = execute(people.agent(one), await submit(people.agent(one), 'select pg_sleep(20)'));
  await until(async () => {
    const { rows } = await atTarget.query(
      "select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep(20)%'",
    );
    return rows.length > 0;
  });
  await atStore.query('update calls set vote_by = clock_timestamp() where id = $1', [id]);
  await atStore.query('begin');
  await atStore.query('select 1 from calls where id = $1 for update', [id]);
  // Until the sweeps stand in front of it.
  await until(async () => {
    const { rows } = await atTarget.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%calls c set state%'",
    );
    return rows.length >= 2;
  });
  const operator = people.operator(two);
  const started = performance.now();
  const stopping = operator.createStop({ scope: { kind: 'principal', principal: 'agent:teller' } });
  expect(await sleep).toMatchObject({ outcome: 'failed', error: { code: 'stopped' } });
  expect(performance.now() - started).toBeLessThan(5000);
  await atStore.query('rollback');
  await operator.liftStop((await stopping).id);
});
