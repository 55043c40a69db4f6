/** What a trial costs everybody else: no writer waits longer than its bound, whatever happens to the gateway. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { execute, submit, vote } from '../gateway/harness.ts';
import { openRoad, type Road } from './road.ts';

/** Milliseconds: what policy says, and what a cancelled statement and a busy machine take on top. */
const [trialMs, slackMs] = [300, 400];
let road: Road;
beforeAll(async () => {
  road = await openRoad();
  await road.rows(`
    create table slow (id int primary key, n int);
    insert into slow values (1, 1);
    create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; end $$;
    create trigger dawdle after update on slow for each row execute function dawdle();`);
});
afterAll(async () => road[Symbol.asyncDispose]());

const connected = async (): Promise<Client> => {
  const client = new Client({ connectionString: road.harness.databaseUrl });
  client.on('error', () => {});
  await client.connect();
  return client;
};

test('a writer waits for a trial that hangs no longer than the trial may hold its locks', async () => {
  const writer = await connected();
  const asking = road.ask('update slow set n = 2 where id = 1', { on: 'hasty' });
  const locked = async () =>
    (
      await road.rows(
        "select 1 from pg_locks l join pg_stat_activity a using (pid) where a.application_name = 'countersign' and l.mode = 'RowExclusiveLock' and l.relation = 'slow'::regclass",
      )
    ).length > 0;
  while (!(await locked())) await new Promise((resolve) => setTimeout(resolve, 5));
  const begun = performance.now();
  await writer.query(
    'alter table slow disable trigger dawdle; update slow set n = 3 where id = 1; alter table slow enable trigger dawdle',
  );
  expect(performance.now() - begun).toBeLessThan(trialMs + slackMs);
  const { preview } = await road.card(await asking);
  expect(preview.impact.why).toBe(
    `tried, and given up: it takes longer than the ${trialMs} ms a trial may hold locks`,
  );
  await writer.end();
}, 20_000);

test('a trial waits for nobody’s lock longer than 200 ms, and the card says so', async () => {
  const holder = await connected();
  await holder.query('begin; update items set price = 1 where id = 1');
  const begun = performance.now();
  const { preview } = await road.card(
    await road.ask('update items set price = 2 where id = 1', { on: 'hasty' }),
  );
  expect(performance.now() - begun).toBeLessThan(6000);
  expect(preview.impact.why).toBe(
    'tried, and given up: another holds what it would lock for longer than 200 ms',
  );
  await holder.query('rollback');
  await holder.end();
});

test('a stop ends a trial at once, and nothing is asked', async () => {
  const asking = road.ask('update slow set n = 4 where id = 1', { on: 'hasty' });
  const trying = async () =>
    (
      await road.rows(
        "select 1 from pg_stat_activity where query like 'update slow set n = 4%' and state = 'active' and application_name = 'countersign'",
      )
    ).length > 0;
  while (!(await trying())) await new Promise((resolve) => setTimeout(resolve, 5));
  const { id } = await road.harness.operator.createStop({
    scope: { kind: 'connection', connection: 'hasty' },
  });
  expect(['denied', 'cancelled']).toContain((await asking).state);
  await road.harness.operator.liftStop(id);
}, 20_000);

test('a hundred calls at once are tried one after the other, and each commits what it showed', async () => {
  const calls = Array.from({ length: 100 }, (_, i) => i + 1000);
  await road.rows('insert into items select n, 1, 0 from generate_series(1000, 1099) n');
  const agents = await Promise.all(Array.from({ length: 10 }, (_, i) => road.harness.agent(`worker${i}`)));
  const dana = await road.harness.person('dana');
  let most = 0;
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      const rows = await road.rows(
        "select 1 from pg_locks l join pg_stat_activity a using (pid) where a.application_name = 'countersign' and l.mode = 'RowExclusiveLock' and l.relation = 'items'::regclass",
      );
      most = Math.max(most, rows.length);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })();
  const waiting = await Promise.all(
    calls.map((id, i) => submit(agents[i % 10] as never, `update items set price = ${id} where id = ${id}`)),
  );
  watching.abort();
  await watch;
  expect(new Set(waiting.map(({ state }) => state))).toEqual(new Set(['waiting']));
  expect(most).toBeLessThanOrEqual(1);
  const done = await Promise.all(
    waiting.map(async (call, i) => {
      await vote(dana, call);
      return execute(agents[i % 10] as never, call);
    }),
  );
  expect(new Set(done.map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']));
  expect(await road.rows('select count(*)::int as n from items where price = id and id >= 1000')).toEqual([
    { n: 100 },
  ]);
}, 120_000);
