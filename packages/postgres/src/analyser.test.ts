import { afterAll, describe, expect, test } from '@jest/globals';
import { createAnalyser } from './analyser.ts';
import { readCatalog } from './catalog/read.ts';
import { supportedMajors } from './major.ts';
import { shopCatalog, shopCatalogJson } from './testing/shop-catalog.ts';

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

  test.each(supportedMajors)('statements mean the same by the grammar of %s', async (major) => {
    const older = readCatalog(shopCatalogJson().replace(/"version": \d+/, `"version": ${major}0001`), major);
    for (const sql of [
      'select c.*, sum(o.total) over w from customers c join orders o using (id) window w as (order by ssn)',
      'with recursive t as (select id from orders union select id + 1 from t) select * from t, customers_v',
      'insert into customers (id) values (1) on conflict (id) do update set name = excluded.email returning *',
      'update orders o set (total, note) = (select 1, name from customers) where o.id in (1, 2) returning o.*',
      'delete from customers c using orders o where o.id = c.id returning c.ssn',
      'merge into order_items i using orders o on o.id = i.order_id when matched then delete',
      'create table x (id serial, a text default lower($$A$$), check (id > 0))',
      'alter table orders add column x int default f(1), drop column note',
      'grant select (name) on customers to public',
    ]) {
      const [expected, found] = [await analyse(sql), await analyser.analyse(sql, older, { parameters: 0 })];
      if (!expected.ok || !found.ok) throw new Error(sql);
      expect(found.statements).toEqual(expected.statements);
      expect(found.lineage).toEqual(expected.lineage);
    }
  });
});
