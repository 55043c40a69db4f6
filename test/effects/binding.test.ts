/** What an approval binds, as policy says, and what becomes of a run whose effects keep drifting. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRoad, policy, type Road } from './road.ts';

let road: Road;
beforeAll(async () => {
  road = await openRoad(policy('masks: [{ columns: [public.shelves.name], with: redact, filter: allow }]\n'));
});
afterAll(async () => road[Symbol.asyncDispose]());

describe('where values are bound', () => {
  const odd = `
    create table loose (n int unique, w text); insert into loose values (null, 'a'), (null, 'a');
    create table family (id int primary key, n int); create table child (more text) inherits (family);
    insert into child values (1, 1, 'm'); create view cheap as select id, price from items where price < 50;`;
  beforeAll(() => road.rows(odd));

  test.each([
    ['a clock', 'update items set changed_at = clock_timestamp() where id = 1', 'public.items.changed_at'],
    [
      'the time of the transaction',
      'update items set changed_at = now() where id = 1',
      'public.items.changed_at',
    ],
    ['chance', 'update items set price = (random() * 1000000)::int where id = 1', 'public.items.price'],
    ['a sequence', "insert into log (what) values ('x')", 'public.log.id'],
    ['rows that a trigger writes', 'update logged set n = 5 where id = 1', 'public.log'],
    ['rows that a foreign key takes along', 'delete from shelves where id = 1', 'public.items'],
    ['a table without a key', 'update bare set n = n + 1', 'public.bare: it has no key'],
    ['a key that may be null', "update loose set w = 'x' where n is null", 'public.loose: it has no key'],
    [
      'a key that is changed',
      'update items set id = 100 where price = 10',
      'public.items: its key is changed',
    ],
    ['a table that others inherit from', 'update family set n = 5', 'public.family: tables inherit from it'],
    [
      'what WITH writes besides',
      'with gone as (delete from items where id = 1 returning id) insert into staging select id + 50, 1 from gone',
      'rows of more than one table, written by one statement',
    ],
    ['a view', 'update cheap set price = 1 where id = 1', 'public.cheap: not a table'],
  ])('%s can’t be, and the call is denied', async (_, sql, what) => {
    const call = await road.ask(sql);
    expect(call).toMatchObject({ state: 'denied', code: 'cannot_bind', retry: 'no' });
    const lines = await road.harness.operator.events({ after: -1, limit: 10_000 });
    const said = lines.filter((line) => 'event' in line && line.event.includes(call.id)).at(-1);
    expect(JSON.stringify(said)).toContain(what);
  });

  test('cells are masked on the card as policy says, whatever the digest covers', async () => {
    const call = await road.ask("update shelves set name = 'new name' where id = 2");
    expect((await road.card(call)).preview.sample?.[0]?.rows).toEqual([
      { before: ['2', '[redacted]'], after: ['2', '[redacted]'] },
    ]);
    await road.approve(call);
    await road.rows("update shelves set name = 'other' where id = 2");
    // Only the new value is bound: the outcome is what was shown.
    expect((await road.run(call)).outcome).toBe('succeeded');
  });

  test('after a drift the next card shows the difference, and a third approval is not asked for in that run', async () => {
    const sql = 'update items set price = price + 1 where price < 100';
    const notes: string[][] = [];
    for (const round of [1, 2]) {
      const call = await road.ask(sql, { run: 'drifting' });
      notes.push([...(await road.card(call)).preview.notes]);
      await road.approve(call);
      await road.rows(`update items set price = 7 where id = ${20 + round}`);
      const done = await road.run(call);
      expect(done).toMatchObject({ outcome: 'failed', call: { code: 'effect_drift' } });
      expect(done.call.reason).toContain('call again');
    }
    expect(notes[0]?.join('\n')).not.toContain('Approved before');
    expect(notes[1]).toEqual(
      expect.arrayContaining([
        'Approved before in this run, and not made to last: its effect had become another.',
        'public.items: 9 rows updated then, 10 now',
      ]),
    );
    const third = await road.ask(sql, { run: 'drifting' });
    expect(third).toMatchObject({ state: 'denied', code: 'effect_unsteady', retry: 'no' });
    expect((await road.ask(sql, { run: 'another' })).state).toBe('waiting');
    expect((await road.ask('update items set price = 1 where id = 1', { run: 'drifting' })).state).toBe(
      'waiting',
    );
  });
});

describe('where the numbers of rows are bound', () => {
  const ask = (sql: string) => road.ask(sql, { on: 'counted' });

  test('what triggers and foreign keys change is counted with it', async () => {
    const { preview } = await road.card(await ask('delete from shelves where id = 5'));
    expect(preview.effect?.tables).toEqual([
      { table: 'public.items', inserted: 0, updated: 0, deleted: 8 },
      { table: 'public.shelves', inserted: 0, updated: 0, deleted: 1 },
    ]);
    const logged = await road.card(await ask('update logged set n = 5'));
    expect(logged.preview.effect?.tables).toEqual([
      { table: 'public.log', inserted: 2, updated: 0, deleted: 0 },
      { table: 'public.logged', inserted: 0, updated: 2, deleted: 0 },
    ]);
    expect(logged.preview.sample?.[0]?.rows).toEqual([
      { before: ['1', '1'], after: ['1', '5'] },
      { before: ['2', '2'], after: ['2', '5'] },
    ]);
    expect(logged.preview.triggers).toEqual(['write_log, which runs public.write_log()']);
    expect(await road.rows('select count(*)::int as n from log')).toEqual([{ n: 0 }]);
  });

  test.each([
    ['two rows more', 2, 'succeeded'],
    ['three rows more', 3, 'failed'],
  ])('%s than shown: %s', async (_, more, outcome) => {
    await road.rows('update items set price = id * 10');
    const call = await ask('update items set price = price + 1 where price > 200');
    await road.approve(call);
    await road.rows(`update items set price = 999 where id <= ${more}`);
    expect((await road.run(call)).outcome).toBe(outcome);
  });

  test('as many other rows, with other values, are committed', async () => {
    await road.rows('update items set price = id * 10');
    const call = await ask('update items set price = price + 1 where price <= 20');
    await road.approve(call);
    await road.rows(
      'update items set price = 1000 - price where id in (1, 2); update items set price = 5 where id in (3, 4)',
    );
    expect((await road.run(call)).outcome).toBe('succeeded');
    expect(await road.rows('select id from items where price = 6 order by id')).toEqual([
      { id: 3 },
      { id: 4 },
    ]);
  });

  test('within the tolerance no other table may be touched', async () => {
    await road.rows('update items set price = id * 10');
    const call = await ask('delete from shelves where id = 4');
    await road.approve(call);
    await road.rows('update items set shelf = 1 where shelf = 4');
    expect(await road.run(call)).toMatchObject({ outcome: 'failed', call: { code: 'effect_drift' } });
  });

  test('what is deferred is made to happen before it is counted', async () => {
    await road.rows(
      'create constraint trigger late after insert on staging deferrable initially deferred for each row execute function write_log()',
    );
    const call = await ask('insert into staging values (30, 1), (31, 1)');
    expect((await road.card(call)).preview.effect?.tables).toEqual([
      { table: 'public.log', inserted: 2, updated: 0, deleted: 0 },
      { table: 'public.staging', inserted: 2, updated: 0, deleted: 0 },
    ]);
    await road.approve(call);
    expect((await road.run(call)).outcome).toBe('succeeded');
  });
});

describe('a rule for numbers of rows', () => {
  const ask = (sql: string) => road.ask(sql, { on: 'ruled' });
  const touch = (rows: number) => `update items set price = price where id <= ${rows}`;

  test('allows, asks, asks for more votes or denies by what a trial counts', async () => {
    const few = await ask(touch(2));
    expect(few).toMatchObject({ state: 'allowed', decision: 'allow' });
    expect((await road.run(few)).outcome).toBe('succeeded');
    const some = await road.card(await ask(touch(3)));
    expect(some.asks).toMatchObject([{ votes: 1 }]);
    const many = await road.card(await ask(touch(6)));
    expect(many.asks).toMatchObject([{ votes: 2 }]);
    const all = await ask(touch(21));
    expect(all).toMatchObject({ state: 'denied', code: 'denied_by_rule' });
    expect(all.reason).toContain('That is too many at once.');
    expect((await road.run(all)).outcome).toBe('not_executed');
  });

  test('never 17: more rows at the execution than were allowed or approved are not committed', async () => {
    const sql = 'update items set price = -1 where price < 0';
    await road.rows('update items set price = -5 where id <= 2');
    const allowed = await ask(sql);
    expect(allowed.state).toBe('allowed');
    await road.rows('update items set price = -5 where id <= 9');
    const done = await road.run(allowed);
    expect(done.outcome).not.toBe('succeeded');
    expect(await road.rows('select count(*)::int as n from items where price = -5')).toEqual([{ n: 9 }]);
  });

  test('counts for a read the rows that it returns', async () => {
    await road.rows('analyze shelves');
    const [few, wrong, many] = [
      await ask('select * from shelves where id + 0 = 3'),
      await ask('select * from shelves where id + 0 = id'),
      await ask('select * from shelves'),
    ];
    expect((await road.run(few)).outcome).toBe('succeeded');
    // The planner takes them for one.
    expect(wrong.state).toBe('allowed');
    const done = await road.run(wrong);
    expect(done).toMatchObject({ outcome: 'failed', call: { code: 'effect_drift' } });
    expect(done).not.toHaveProperty('result.rows');
    expect(many).toMatchObject({ state: 'denied', code: 'denied_by_rule' });
  });

  test('what can’t be counted meets what asks or denies', async () => {
    await road.rows('create function unread() returns int volatile language sql as $$ select 1 $$');
    const call = await ask('update staging set price = 1 where id = unread()');
    expect(call).toMatchObject({ state: 'denied', code: 'denied_by_rule' });
    expect(call.reason).toContain('That is too many at once.');
  });
});

describe('a rule for numbers of rows without trials', () => {
  test('goes by the planner’s estimate, and by the rows themselves before COMMIT', async () => {
    const ask = (sql: string) => road.ask(sql, { on: 'untried' });
    await road.rows('update items set price = id * 10');
    await road.rows('analyze');
    expect((await ask('update items set price = price')).state).toBe('waiting');
    const one = await ask('update items set price = 1 where id = 1');
    expect(one.state).toBe('allowed');
    expect((await road.run(one)).outcome).toBe('succeeded');
    // The planner takes them for one row; they are all.
    const wrong = await ask('update items set price = 2 where id + 0 = id');
    expect(wrong.state).toBe('allowed');
    expect(await road.run(wrong)).toMatchObject({ outcome: 'failed', call: { code: 'effect_drift' } });
    expect(await road.rows('select count(*)::int as n from items where price = 2')).toEqual([{ n: 0 }]);
  });
});
