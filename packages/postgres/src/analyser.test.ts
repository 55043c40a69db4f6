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

  test('a search path that could put other functions before the server’s own is denied', async () => {
    expect(
      await analyser.analyse('select 1', catalog, { parameters: 0, searchPath: ['public', 'pg_catalog'] }),
    ).toEqual({ ok: false, code: 'not_supported', what: 'a search path on which pg_catalog is not first' });
  });

  test('the search path decides which table a bare name means', async () => {
    const searchPath = ['pg_catalog', 'other', 'public'];
    expect(
      await analyser.analyse('select z from orders', catalog, { parameters: 0, searchPath }),
    ).toMatchObject({ effects: [{ resource: 'table:other.orders' }] });
  });

  test('a function whose columns cannot be told is denied in FROM, since they shift those after it', async () => {
    expect(await analyse('select * from unnest($1) u, customers', 1)).toEqual({
      ok: false,
      code: 'not_supported',
      what: 'the function unnest in FROM: its columns are not known',
    });
    const found = await analyse("select * from json_populate_record(null::addr, '{}'), customers");
    expect(found.ok && found.lineage.outputs.map((output) => output.name)).toEqual(
      'street zip id name email ssn card_number created_at'.split(' '),
    );
  });
});
