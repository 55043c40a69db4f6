import { afterAll, describe, expect, test } from '@jest/globals';
import { createAnalyser } from './analyser.ts';
import { shopCatalog } from './testing/shop-catalog.ts';

const analyser = createAnalyser();
afterAll(() => analyser.close());
const catalog = shopCatalog();
const analyse = (sql: string, parameters = 0) => analyser.analyse(sql, catalog, { parameters });

describe('analyser', () => {
  test('a read names the table and exactly the columns that are used', async () => {
    const found = await analyse('SELECT id, name AS n FROM customers WHERE email = $1', 1);
    expect(found).toMatchObject({
      ok: true,
      effects: [{ action: 'read', resource: 'table:public.customers', columns: ['email', 'id', 'name'] }],
      lineage: {
        outputs: [
          { name: 'id', sources: [{ column: 'column:public.customers.id', how: 'as_is' }], proven: true },
          { name: 'n', sources: [{ column: 'column:public.customers.name', how: 'as_is' }], proven: true },
        ],
        uses: [{ column: 'column:public.customers.email', as: 'filter' }],
        usesProven: true,
      },
    });
  });

  test('the same text is analysed once', async () => {
    expect(await analyse('SELECT 1')).toBe(await analyse('SELECT 1'));
  });

  test('several statements with parameters are malformed', async () => {
    expect(await analyse('SELECT 1; SELECT 2', 1)).toEqual({
      ok: false,
      code: 'malformed',
      what: 'several statements with parameters',
    });
  });

  test('each statement is the exact slice of the text, by bytes', async () => {
    const found = await analyse("SELECT 'é€𝄞' ; /* ü */ SELECT 2 -- end");
    expect(found.ok && found.statements.map((statement) => statement.text)).toEqual([
      "SELECT 'é€𝄞' ",
      'SELECT 2 -- end',
    ]);
  });
});
