import { expect, test } from '@jest/globals';
import { effectInWords, lineageInWords } from './effects-in-words.ts';

test('an effect names what is done to what, with its columns, and by what', () => {
  expect(
    effectInWords({
      action: 'write.update',
      resource: 'table:public.orders',
      columns: ['note', 'status', 'total'],
      via: 'foreign key orders_customer_id_fkey',
    }),
  ).toBe(
    'changes table public.orders (write.update), columns note, status and total, via foreign key orders_customer_id_fkey',
  );
  expect(effectInWords({ action: 'read', resource: 'table:public.orders', columns: ['id'] })).toBe(
    'reads table public.orders, column id',
  );
  expect(effectInWords({ action: 'read', resource: 'table:public.orders', columns: [] })).toBe(
    'reads table public.orders',
  );
});

test('lineage names where outputs come from, what decides, and what is written where', () => {
  expect(
    lineageInWords({
      outputs: [
        {
          name: 'contact',
          sources: [{ column: 'column:public.customers.email', how: 'as_is' }],
          proven: true,
        },
        { name: 'n', sources: [{ column: 'column:public.orders.total', how: 'derived' }], proven: true },
        { name: 'one', sources: [], proven: true },
        { name: 'f', sources: [], proven: false },
      ],
      uses: [
        { column: 'column:public.customers.id', as: 'filter' },
        { column: 'column:public.orders.customer_id', as: 'filter' },
        { column: 'column:public.orders.total', as: 'sort' },
      ],
      usesProven: false,
      moves: [{ from: 'column:public.customers.ssn', to: 'column:public.notes.body' }],
    }),
  ).toEqual([
    'contact comes from public.customers.email',
    'n comes from public.orders.total, computed',
    'one comes from no column',
    'f may come from any column',
    'which rows come out depends on public.customers.id and public.orders.customer_id',
    'rows are sorted by public.orders.total',
    'which rows come out may depend on any column',
    'public.customers.ssn may be written to public.notes.body',
  ]);
});
