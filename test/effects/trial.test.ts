/** What a trial shows, and that nothing of it stays; and what trials and bindings can't do: lines of docs/limits.md. */
import type { LedgerEvent } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRoad, type Road } from './road.ts';

let road: Road;
beforeAll(async () => {
  road = await openRoad();
});
afterAll(async () => road[Symbol.asyncDispose]());

describe('a trial', () => {
  test('counts the rows by table and shows some before and after, and leaves nothing', async () => {
    const call = await road.ask('update items set price = price + 1 where id <= 3');
    expect(call.state).toBe('waiting');
    const { preview } = await road.card(call);
    expect(preview.impact).toEqual({ count: 3, unit: 'rows', how: 'trial', why: null });
    expect(preview.effect).toEqual({
      tables: [{ table: 'public.items', inserted: 0, updated: 3, deleted: 0 }],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      unbound: [],
    });
    expect(preview.sample).toEqual([
      {
        table: 'public.items',
        columns: ['id', 'shelf', 'price', 'changed_at'],
        rows: [1, 2, 3].map((id) => ({
          before: [String(id), String((id % 5) + 1), String(id * 10), null],
          after: [String(id), String((id % 5) + 1), String(id * 10 + 1), null],
        })),
      },
    ]);
    expect(await road.rows('select price from items where id = 1')).toEqual([{ price: 10 }]);
    await road.approve(call);
    expect((await road.run(call)).outcome).toBe('succeeded');
    expect(await road.rows('select price from items where id = 1')).toEqual([{ price: 11 }]);
  });

  test('shows what a deletion takes, with what cascades from it', async () => {
    const call = await road.ask('delete from shelves where id = 5');
    expect(call).toMatchObject({ state: 'denied', code: 'cannot_bind' });
  });

  test.each([
    ['delete from staging where id = 1', { before: ['1', '11'], after: null }],
    ['/* */ with x as (select 1) delete from staging where id = 1', { before: ['1', '11'], after: null }],
    ['insert into staging values (3, 33)', { before: null, after: ['3', '33'] }],
  ])('shows what becomes of a row: %s', async (sql, row) => {
    const { preview } = await road.card(await road.ask(sql));
    expect(preview.sample).toEqual([{ table: 'public.staging', columns: ['id', 'price'], rows: [row] }]);
  });

  test('a statement’s own RETURNING comes back as it was asked for', async () => {
    const call = await road.ask(
      'update items set price = 5 where id in (7, 8) returning id, price * 2 as twice',
    );
    await road.approve(call);
    const done = await road.run(call);
    expect(done.result).toMatchObject({ columns: ['id', 'twice'], affected: 2 });
    const { rows } = done.result as { rows: string[][] };
    expect(new Set(rows.map((row) => row.join(' ')))).toEqual(new Set(['7 10', '8 10']));
  });

  test('is an execution in the ledger: intent, and an outcome that is rolled back', async () => {
    const call = await road.ask('update items set price = 1 where id = 9');
    const lines = await road.harness.operator.events({ after: -1, limit: 10_000 });
    const events = lines.flatMap((line) => ('event' in line ? [JSON.parse(line.event) as LedgerEvent] : []));
    expect(
      events.filter((event) => event.call === call.id).map(({ type, data }) => [type, data]),
    ).toMatchObject([
      ['call.submitted', {}],
      ['preview.started', {}],
      ['preview.finished', { outcome: 'rolled_back', how: 'trial' }],
      ['call.waiting', {}],
    ]);
  });

  test.each([
    [
      'a function that nobody has read',
      "insert into items select nextval('log_id_seq'), 1, 1",
      'public.log_id_seq',
    ],
    ['what changes the schema', 'alter table bare add column m int', 'never tried'],
    ['TRUNCATE', 'truncate bare', 'never tried'],
  ])('%s is not tried, and the card says why', async (_, sql, why) => {
    const { preview } = await road.card(await road.ask(sql));
    expect(preview).not.toHaveProperty('effect');
    expect(preview.impact.why).toContain('not tried: ');
    expect(preview.impact.why).toContain(why);
  });

  test('shows no more of the rows than can be read', async () => {
    await road.rows(`create table wide (id int primary key${Array.from({ length: 100 }, (_, i) => `, c${i} text`).join('')});
      insert into wide (id, c0) select n, n from generate_series(1, 5) n; update wide set c1 = repeat('x', 5000)`);
    const columns = Array.from({ length: 100 }, (_, i) => `c${i} = repeat('y', 100)`).join(', ');
    const { preview } = await road.card(await road.ask(`update wide set ${columns}`));
    const [sample] = preview.sample ?? [];
    expect(sample?.rows).toHaveLength(1);
    expect(sample?.rows[0]?.before?.[2]).toBe(`${'x'.repeat(200)}… (5000 characters)`);
    expect(preview.impact.count).toBe(5);
  });

  test('gives the same card as an estimate, and as neither', async () => {
    const cards = await Promise.all(
      [
        road.ask('update staging set price = 7 where id = 1'),
        road.ask('update items set price = price', { on: 'untried' }),
        road.ask('truncate bare'),
      ].map(async (asked) => (await road.card(await asked)).preview),
    );
    expect(cards.map(({ impact }) => impact.how)).toEqual(['trial', 'estimate', 'none']);
    expect(
      cards.map(({ notes }) => notes.filter((note) => note.startsWith('Bound to this approval'))),
    ).toEqual([
      [expect.stringContaining('exactly the change that is shown')],
      [expect.stringContaining('the statement, not what it changes')],
      [expect.stringContaining('the statement, not what it changes')],
    ]);
    const [tried, ...others] = cards.map((card) =>
      Object.keys(card)
        .filter((key) => key !== 'effect' && key !== 'sample')
        .toSorted(),
    );
    for (const other of others) expect(other).toEqual(tried);
  });

  test('what the server refuses is said by its code, without its words', async () => {
    const call = await road.ask('insert into items (id, shelf, price) values (1, 1, 1)');
    const { preview } = await road.card(call);
    expect(preview.impact.why).toBe('tried, and the server refused it (SQLSTATE 23505)');
  });
});

describe('a limit', () => {
  test('without a trial the rows of the execution are those that match by then', async () => {
    await road.rows('update items set price = id * 10');
    // What the planner estimates would else depend on when the server last looked by itself.
    await road.rows('analyze items');
    const call = await road.ask('update items set price = price where price <= 200', { on: 'untried' });
    expect((await road.card(call)).preview).not.toHaveProperty('effect');
    await road.approve(call);
    await road.rows('update items set price = 1 where id > 30');
    expect((await road.run(call)).result).toMatchObject({ affected: 30 });
  });

  test('a trial leaves a gap in the sequence of an identity column', async () => {
    const call = await road.ask("insert into log (what) values ('x')", { on: 'counted' });
    await road.approve(call);
    await road.run(call);
    expect(await road.rows("select id from log where what = 'x'")).toEqual([{ id: 2 }]);
  });

  test('a function that undone_by_rollback names is run in a trial, whatever it does', async () => {
    await road.rows(`create sequence outside; create function outside() returns trigger language plpgsql as
      $$ begin perform setval('outside', 100); return new; end $$;
      create trigger outside after update on bare for each row execute function outside();`);
    const call = await road.ask('update bare set n = 5', { on: 'counted' });
    expect((await road.card(call)).preview.impact).toMatchObject({ how: 'trial', count: 2 });
    expect(await road.rows('select last_value::int as at from outside')).toEqual([{ at: 100 }]);
    expect(await road.rows('select count(*)::int as n from bare where n = 5')).toEqual([{ n: 0 }]);
  });

  test('a function with a superuser’s rights can switch the server’s counting off', async () => {
    await road.rows(`create function trg() returns trigger language plpgsql as $$ begin
        perform set_config('track_counts', 'off', true);
        update shelves set name = 'uncounted' where id = 1;
        perform set_config('track_counts', 'on', true);
        return new;
      end $$;
      create trigger trg after update on staging for each row execute function trg();`);
    const { preview } = await road.card(
      await road.ask('update staging set price = 5 where id = 2', { on: 'counted' }),
    );
    expect(preview.effect?.tables).toEqual([
      { table: 'public.staging', inserted: 0, updated: 1, deleted: 0 },
    ]);
  });
});
