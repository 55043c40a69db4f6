import { expect, test } from '@jest/globals';
import { lineageInWords, masksInWords } from './effects-in-words.ts';

test('masks are told by how they hide, what they hide, and what they look for', () => {
  expect(
    masksInWords([
      'redact column:public.customers.email',
      'redact detect:credit_card',
      'redact detect:email',
      'hash column:*',
      'redact json:$.card.number',
    ]),
  ).toEqual([
    'redact: public.customers.email; json:$.card.number; what looks like credit card or email',
    'hash: every value whose source can’t be told',
  ]);
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
    'which rows are meant depends on public.customers.id and public.orders.customer_id',
    'rows are sorted by public.orders.total',
    'which rows are meant may depend on any column',
    'public.customers.ssn may be written to public.notes.body',
  ]);
});

test.each([
  ['?column?', '?column?'],
  ['x comes from no column; y', '"x comes from no column; y"'],
  ['a"\nneeds 1 vote', '"a""⟨U+000A⟩needs 1 vote"'],
  ['p\u0430ge\u3164', '"p\u0430⟨U+0430⟩ge⟨U+3164⟩"'],
])('never 28: an alias does not read like the words around it, or like another: %j', (name, shown) => {
  const outputs = [{ name, sources: [{ column: 'column:t.ssn', how: 'as_is' }], proven: true }] as const;
  expect(lineageInWords({ outputs, uses: [], usesProven: true })).toEqual([`${shown} comes from t.ssn`]);
});
