/** What was shown is what is committed, or nothing is: the world is changed between the vote and the execution. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { openRoad, policy, type Road } from './road.ts';

const undone = ', undone_by_rollback: ["public.write_log()"]';
let road: Road;
beforeAll(async () => {
  road = await openRoad(policy('', '', undone));
});
afterAll(async () => road[Symbol.asyncDispose]());

const fresh = `
  drop table if exists items, staging cascade;
  create table items (id int primary key, shelf int references shelves on delete cascade, price int not null, changed_at timestamptz);
  insert into items select n, n % 5 + 1, n * 10, null from generate_series(1, 20) n;
  create table staging (id int primary key, price int);
  insert into staging values (1, 11), (2, 22);`;

const everything = () => road.rows('select * from items order by id') as Promise<{ id: number }[]>;

const drift = {
  outcome: 'failed',
  call: { code: 'effect_drift', retry: 'new_call' },
  error: { ran: 'rolled_back' },
};

describe('between the vote and the execution', () => {
  const update = 'update items set price = price + 1 where price <= 30';
  const fromStaging = 'update items set price = s.price from staging s where s.id = items.id';
  test.each([
    ['another row comes to match', update, 'update items set price = 20 where id = 9'],
    ['a row stops matching', update, 'update items set price = 500 where id = 2'],
    ['a row that matches has another value', update, 'update items set price = 15 where id = 2'],
    [
      'as many rows match, but others',
      update,
      'update items set price = 500 - price where id in (3, 47); update items set price = 30 where id = 4',
    ],
    ['a row that matches is gone', update, 'delete from items where id = 1'],
    ['the table that it reads from has other values', fromStaging, 'update staging set price = 99'],
    ['the table that it reads from has more rows', fromStaging, 'insert into staging values (3, 33)'],
    [
      'a row is there that was not',
      'insert into items values (50, 1, 1) on conflict (id) do update set price = items.price + 1',
      'insert into items values (50, 1, 7)',
    ],
    [
      'a key is reused by another row',
      'delete from items where id = 5',
      'update items set price = 1 where id = 5',
    ],
  ])('%s: nothing is committed', async (_, sql, change) => {
    await road.rows(fresh);
    const call = await road.ask(sql);
    expect(call.state).toBe('waiting');
    await road.approve(call);
    await road.rows(change);
    const before = await everything();
    expect(await road.run(call)).toMatchObject(drift);
    expect(await everything()).toEqual(before);
  });

  test.each([
    [
      'a trigger is added',
      'create trigger t after update on items for each row execute function write_log()',
    ],
    ['a column is renamed', 'alter table items rename column price to cost'],
    ['a column is added', 'alter table items add column more int default 5'],
    [
      'a column is swapped for another of its name',
      'alter table items rename column price to was; alter table items add column price int not null default 1',
    ],
    [
      'the table is replaced by another of its name',
      'alter table items rename to old; create table items (like old including all); insert into items select * from old; drop table old cascade',
    ],
  ])('%s: it is not what was shown', async (_, change) => {
    await road.rows(fresh);
    const call = await road.ask(update);
    await road.approve(call);
    await road.rows(change);
    const before = await everything();
    const done = await road.run(call);
    expect(done.outcome).not.toBe('succeeded');
    expect(done.error?.ran ?? 'no').not.toBe('maybe_outside');
    expect(await everything()).toEqual(before);
  });

  test('what did not matter does not keep it from being committed', async () => {
    await road.rows(fresh);
    const call = await road.ask(update);
    await road.approve(call);
    await road.rows(
      'update items set price = 777 where id = 19; insert into shelves values (9, $$x$$) on conflict do nothing',
    );
    expect((await road.run(call)).outcome).toBe('succeeded');
  });
});

test('whatever happens in between, what commits is what the card showed', async () => {
  const change = fc.oneof(
    fc.record({
      sql: fc.constant('update items set price = $ where id = #'),
      n: fc.nat(60),
      id: fc.integer({ min: 1, max: 8 }),
    }),
    fc.record({
      sql: fc.constant('delete from items where id = #'),
      n: fc.nat(1),
      id: fc.integer({ min: 1, max: 8 }),
    }),
    fc.record({
      sql: fc.constant('insert into items values (# + 100, 1, $) on conflict do nothing'),
      n: fc.nat(60),
      id: fc.nat(5),
    }),
    fc.record({
      sql: fc.constant('update staging set price = $ where id = #'),
      n: fc.nat(40),
      id: fc.integer({ min: 1, max: 2 }),
    }),
    fc.record({
      sql: fc.constant('insert into staging values (#, $) on conflict do nothing'),
      n: fc.nat(40),
      id: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({
      sql: fc.constant(
        'alter table items rename column changed_at to c; alter table items rename column c to changed_at',
      ),
      n: fc.nat(1),
      id: fc.nat(1),
    }),
    fc.record({
      sql: fc.constant(
        'create or replace trigger t after update on items for each row execute function write_log()',
      ),
      n: fc.nat(1),
      id: fc.nat(1),
    }),
  );
  const statement = fc.constantFrom(
    'update items set price = price + 1 where price <= 30',
    'update items set price = s.price from staging s where s.id = items.id',
    'delete from items where price between 10 and 40',
    'insert into items select id + 200, 1, price from staging',
  );
  const seen = { committed: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(statement, fc.array(change, { maxLength: 3 }), async (sql, changes) => {
      await road.rows(fresh);
      const call = await road.ask(sql);
      expect(call.state).toBe('waiting');
      const { preview } = await road.card(call);
      await road.approve(call);
      for (const { sql: text, n, id } of changes)
        await road.rows(text.replaceAll('$', String(n)).replaceAll('#', String(id)));
      const before = await everything();
      const done = await road.run(call);
      const after = await everything();
      if (done.outcome !== 'succeeded') {
        seen.refused++;
        expect(after).toEqual(before);
        return;
      }
      seen.committed++;
      const shown = preview.sample?.[0]?.rows ?? [];
      const text = (row: object) =>
        JSON.stringify(Object.values(row).map((cell) => (cell === null ? null : String(cell))));
      const by = (rows: readonly { id: number }[]) => new Map(rows.map((row) => [String(row.id), text(row)]));
      const [then, now] = [by(before), by(after)];
      const ids = new Set(shown.map((row) => (row.after ?? row.before)?.[0] ?? ''));
      // What the card showed is there, and nothing besides is another than it was.
      for (const row of shown)
        expect(now.get((row.after ?? row.before)?.[0] ?? '')).toEqual(
          row.after === null ? undefined : JSON.stringify(row.after),
        );
      for (const id of new Set([...then.keys(), ...now.keys()]))
        if (!ids.has(id)) expect([id, now.get(id)]).toEqual([id, then.get(id)]);
    }),
    { numRuns: 40 },
  );
  expect(seen.committed).toBeGreaterThan(0);
  expect(seen.refused).toBeGreaterThan(0);
}, 120_000);
