import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openStore, type Store } from '../../packages/gateway/src/store/store.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ kind: 'memory' });
});
afterAll(() => store.close());

const divided = (by: number) => sql<{ x: number }>`select 6 / ${by}::int as x`.execute(store.db);
const negated = (text: string) => sql<{ x: number }>`select - ${text}::int as x`.execute(store.db);

describe('never 14: a statement of the embedded store that fails the first time it is asked', () => {
  test('while it runs, does what it says the next time', async () => {
    await expect(divided(0)).rejects.toMatchObject({ code: '22012', message: 'division by zero' });
    for (const by of [1, 2]) expect((await divided(by)).rows).toEqual([{ x: 6 / by }]);
  });

  test('by a value that can not be read, does what it says the next time', async () => {
    await expect(negated('no number')).rejects.toMatchObject({ code: '22P02' });
    for (const text of ['1', '2']) expect((await negated(text)).rows).toEqual([{ x: -Number(text) }]);
  });

  test('in a transaction, does what it says in the next one', async () => {
    const inside = (by: number) =>
      store.db
        .transaction()
        .execute(async (tx) => (await sql<{ x: number }>`select 8 / ${by}::int as x`.execute(tx)).rows);
    await expect(inside(0)).rejects.toMatchObject({ code: '22012' });
    expect(await inside(2)).toEqual([{ x: 4 }]);
  });
});
