/** What was shown is what is committed, or nothing is: the world is changed between the vote and the execution. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { openRoad, policy, type Road } from './road.ts';

let road: Road;
let major: number;
beforeAll(async () => {
  road = await openRoad(policy());
  const [{ server_version_num: version }] = (await road.rows('show server_version_num')) as [
    { server_version_num: string },
  ];
  major = Math.floor(Number(version) / 10_000);
});
afterAll(async () => road[Symbol.asyncDispose]());

const filled = `
  insert into items select n, n % 5 + 1, n * 10, null from generate_series(1, 20) n;
  insert into staging values (1, 11), (2, 22);`;
/** Tables as they were made, for tests that change them. */
const rebuilt = `
  drop table if exists items, staging, victims, flags cascade;
  drop function if exists trg, first, second cascade;
  create table items (id int primary key, shelf int references shelves on delete cascade, price int not null, changed_at timestamptz);
  create table staging (id int primary key, price int);
  create table victims (id int primary key, n int not null);
  create table flags (on_ boolean);
  ${filled}
  insert into victims values (1, 1), (2, 2);
  insert into flags values (false);`;
/** Their rows alone: the schema stays, and nobody has to read it again. */
const refilled = `drop trigger if exists t on items; truncate items, staging cascade; ${filled}`;

const everything = () => road.rows('select * from items order by id') as Promise<{ id: number }[]>;

const drift = {
  outcome: 'failed',
  call: { code: 'effect_drift', retry: 'new_call' },
  error: { ran: 'rolled_back' },
};

describe('between the vote and the execution', () => {
  beforeAll(() => road.rows(rebuilt));
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
      'a row is gone that was to be updated',
      'insert into items values (8, 1, 7) on conflict (id) do update set shelf = 1, price = 7, changed_at = null',
      'delete from items where id = 8',
    ],
    [
      'what the first statement would write, the second does now',
      'update items set price = s.price from staging s where s.id = 1 and items.id = 9; update items set price = s.price from staging s where s.id = 2 and items.id = 9',
      'update staging set price = 33 - price',
    ],
    [
      'the row that is deleted is the one that was updated',
      'update items set shelf = 1, price = 5, changed_at = null where id in (select id from staging where price < 20); delete from items where id in (select id from staging where price > 20)',
      'update items set shelf = 1, price = 5 where id = 1; update staging set price = 33 - price',
    ],
    [
      'a key is reused by another row',
      'delete from items where id = 5',
      'update items set price = 1 where id = 5',
    ],
  ])('%s: nothing is committed', async (_, sql, change) => {
    await road.rows(refilled);
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
    ['the default of a column is another', 'alter table items alter shelf set default 3'],
    ['a check is added', 'alter table items add check (price > 0)'],
    ['rows are kept from some by a policy', 'alter table items enable row level security'],
    ['a rule is added', 'create rule r as on update to items do also delete from victims'],
    [
      'a child with rows of its own is added',
      'create table child (more text) inherits (items); insert into child select *, $$x$$ from items',
    ],
    [
      'a schema of the login’s own hides the table',
      'create schema postgres; create table postgres.items (like public.items); insert into postgres.items select * from public.items',
    ],
    [
      'the table is replaced by another of its name',
      'alter table items rename to old; create table items (like old including all); insert into items select * from old; drop table old cascade',
    ],
  ])('%s: it is not what was shown', async (_, change) => {
    await road.rows(rebuilt);
    const call = await road.ask(update);
    await road.approve(call);
    await road.rows(change);
    const before = await everything();
    const done = await road.run(call);
    expect(done.outcome).not.toBe('succeeded');
    expect(done.error?.ran ?? 'no').not.toBe('maybe_outside');
    expect(await everything()).toEqual(before);
  });

  afterAll(() => road.rows('drop schema if exists postgres cascade'));

  test('what did not matter does not keep it from being committed', async () => {
    await road.rows(rebuilt);
    const call = await road.ask(update);
    await road.approve(call);
    await road.rows(
      'update items set price = 777 where id = 19; insert into shelves values (9, $$x$$) on conflict do nothing',
    );
    expect((await road.run(call)).outcome).toBe('succeeded');
  });
});

describe('a value is another where its text is', () => {
  beforeAll(() =>
    road.rows(`drop table if exists cells, given;
      create table cells (id int primary key, n numeric, f float8, j json, t text, d interval);
      create table given (n numeric, f float8, j json, t text, d interval);
      insert into cells values (1);`),
  );
  test.each([
    ['a number by its scale', 'n', '1.0', '1.00'],
    ['zero by its sign', 'f', "'0'", "'-0'"],
    ['a number that is none', 'f', '1', "'NaN'"],
    ['a number in its last digit', 'f', '1.0000000000000002', '1.0000000000000004'],
    ['JSON by its blanks', 'j', `'{"a":1}'`, `'{"a": 1}'`],
    ['nothing, and the word for it', 't', 'null', "'null'"],
    ['nothing, and an empty text', 't', 'null', "''"],
    ['a long text by its end', 't', "repeat('a', 200000)", "repeat('a', 199999) || 'b'"],
    ['a month and thirty days', 'd', "'1 month'", "'30 days'"],
  ])('%s', async (_, column, then, now) => {
    await road.rows(`truncate given; insert into given (${column}) values (${then})`);
    const call = await road.ask(`update cells set ${column} = given.${column} from given`);
    await road.approve(call);
    await road.rows(`update given set ${column} = ${now}`);
    expect(await road.run(call)).toMatchObject(drift);
    expect(await road.rows(`select ${column} as was from cells`)).toEqual([{ was: null }]);
  });
});

describe('MERGE', () => {
  const merge =
    'merge into items using staging s on s.id = items.id when matched and s.price > 20 then delete when matched then update set shelf = 1, price = 5, changed_at = null';
  const others =
    'merge into items using staging s on s.id = items.id when matched then do nothing when not matched by source then delete';
  test.each([
    [
      'another row takes the branch that deletes',
      merge,
      'update items set shelf = 1, price = 5 where id = 1; update staging set price = 33 - price',
    ],
    ['another row matches', merge, 'update staging set id = 3 where id = 2'],
    ['another row does not match', others, 'update staging set id = 3 where id = 2'],
  ])('%s: nothing is committed', async (_, sql, change) => {
    await road.rows(rebuilt);
    const call = await road.ask(sql);
    if (major < 17) {
      expect(['cannot_bind', 'parse_failed']).toContain(call.code);
      return;
    }
    await road.approve(call);
    await road.rows(change);
    const before = await everything();
    expect(await road.run(call)).toMatchObject(drift);
    expect(await everything()).toEqual(before);
  });
});

describe('code that does what it did not do in the trial', () => {
  const trigger = (name: string, body: string, how: string) =>
    `create function ${name}() returns trigger language plpgsql as $$ begin ${body} return new; end $$; create ${how} for each row execute function ${name}();`;
  const later = (name: string, table: string) =>
    `constraint trigger ${name} after insert or update on ${table} deferrable initially deferred`;
  const ifOn = (what: string) => `if (select on_ from flags) then ${what}; end if;`;
  const harm = 'update victims set n = 666';
  test.each([
    ['changes another table', trigger('trg', ifOn(harm), 'trigger t after update on items')],
    ['empties another table', trigger('trg', ifOn('truncate victims'), 'trigger t after update on items')],
    ['drops another table', trigger('trg', ifOn('drop table victims'), 'trigger t after update on items')],
    [
      'gives rights away',
      trigger('trg', ifOn('grant all on victims to public'), 'trigger t after update on items'),
    ],
    [
      'defers it until COMMIT',
      trigger(
        'first',
        'set constraints second deferred; insert into staging values (9, 9);',
        later('first', 'items'),
      ) + trigger('second', ifOn(harm), later('second', 'staging')),
    ],
    [
      'makes what was immediate deferred',
      trigger(
        'first',
        'set constraints all deferred;',
        later('first', 'items').replace('initially deferred', ''),
      ) + trigger('second', ifOn(harm), later('second', 'items').replace('initially deferred', '')),
    ],
    [
      'changes a table whose name reads like the other’s',
      `drop schema if exists "x.y" cascade; drop schema if exists x cascade; create schema "x.y"; create schema x;
       create table "x.y".z (n int); create table x."y.z" (n int); insert into "x.y".z values (1); insert into x."y.z" values (1);` +
        trigger(
          'trg',
          `update "x.y".z set n = 2; ${ifOn('update x."y.z" set n = 2')}`,
          'trigger t after update on items',
        ),
    ],
  ])('%s: nothing is committed', async (_, code) => {
    await road.rows(rebuilt + code);
    const call = await road.ask('update items set price = 1 where id = 1', { on: 'counted' });
    expect((await road.card(call)).preview.impact.how).toBe('trial');
    await road.approve(call);
    await road.rows('update flags set on_ = true');
    expect(await road.run(call)).toMatchObject({ outcome: 'failed', call: { code: 'effect_drift' } });
    expect(await road.rows('select price from items where id = 1')).toEqual([{ price: 10 }]);
    expect(await road.rows('select n from victims order by n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('defers more each time: it is not tried to an end, and the card says so', async () => {
    const restless = 'set constraints all deferred; update victims set n = n + 1 where id = 1;';
    await road.rows(rebuilt + trigger('first', restless, later('first', 'victims')));
    const { preview } = await road.card(
      await road.ask('update victims set n = 5 where id = 2', { on: 'counted' }),
    );
    expect(preview.impact.why).toBe('tried, and given up: its deferred triggers keep deferring more');
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
  await road.rows(rebuilt);
  await fc.assert(
    fc.asyncProperty(statement, fc.array(change, { maxLength: 3 }), async (sql, changes) => {
      await road.rows(refilled);
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
