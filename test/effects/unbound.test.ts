/** What trials and bindings can't do: the lines of docs/limits.md. */
import { expect, test } from '@jest/globals';
import { openRoad, policy } from './road.ts';

test('without a trial the rows of the execution are those that match by then', async () => {
  await using road = await openRoad(policy().replace(', preview: trial', ''));
  const call = await road.ask('update items set price = 0 where id <= 3');
  expect((await road.card(call)).preview).not.toHaveProperty('effect');
  await road.approve(call);
  await road.rows('update items set id = -id where id > 30');
  expect((await road.run(call)).result).toMatchObject({ affected: 13 });
});

test('a trial leaves a gap in the sequence of an identity column', async () => {
  await using road = await openRoad(policy(', bind: counts'));
  const call = await road.ask("insert into log (what) values ('x')");
  await road.approve(call);
  await road.run(call);
  expect(await road.rows('select id from log')).toEqual([{ id: 2 }]);
});

test('a function that undone_by_rollback names is run in a trial, whatever it does', async () => {
  await using road = await openRoad(
    policy(', bind: counts', '', ', undone_by_rollback: ["public.outside()"]'),
  );
  await road.rows(`create sequence outside; create function outside() returns trigger language plpgsql as
    $$ begin perform setval('outside', 100); return new; end $$;
    create trigger outside after update on bare for each row execute function outside();`);
  const call = await road.ask('update bare set n = 5');
  expect((await road.card(call)).preview.impact).toMatchObject({ how: 'trial', count: 2 });
  expect(await road.rows('select last_value::int as at from outside')).toEqual([{ at: 100 }]);
  expect(await road.rows('select count(*)::int as n from bare where n = 5')).toEqual([{ n: 0 }]);
});
