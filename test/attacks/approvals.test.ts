import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, type Harness, startHarness, stores, submit, vote } from '../gateway/harness.ts';

describe.each(stores)('on the %s store:', (on) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on });
  });
  afterAll(() => harness.close());

  test('never 17: an approval does not cover a column that the schema has got since', async () => {
    const agent = await harness.agent();
    await harness.observer.query('create table side (id int)');
    const sql = "update accounts set owner = 'nobody' where id in (select id from (select * from side) s)";
    const call = await submit(agent, sql);
    await vote(await harness.person('dana'), call);
    await harness.observer.query('alter table side add column secret text');
    // A name that nobody knows makes the gateway look at the schema anew.
    await submit(agent, 'select * from nowhere');
    expect(await execute(agent, call)).toMatchObject({
      outcome: 'not_executed',
      error: { code: 'ask_again' },
    });
  });
});
