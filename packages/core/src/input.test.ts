import { expect, test } from '@jest/globals';
import { effectInShort, effectSchema } from './effect.ts';
import { callInputSchema, outsideIdSchema } from './input.ts';
import { nameSchema } from './principal.ts';

test.each([
  { sql: 'select 1' },
  { sql: 'select $1', params: ['a', 1.5, true, null] },
  { argv: ['get', 'pods'], stdin: '' },
  { method: 'GET', path: '/v1/x', headers: [['accept', 'text/plain']], body: '' },
])("an input is one of the protocols': %j", (input) => {
  expect(callInputSchema.safeParse(input).success).toBe(true);
});

test.each([
  {},
  { sql: '' },
  { sql: 'select 1', argv: ['get'] },
  { sql: 'select 1', extra: 1 },
  { sql: 'select 1', params: [Number.NaN] },
  { sql: 'select 1', params: [Number.POSITIVE_INFINITY] },
  { sql: 'select 1', params: [[1]] },
  { sql: 'select 1', params: Array(1001).fill(1) },
  { sql: 'x'.repeat(1024 * 1024 + 1) },
  { sql: ['select 1'] },
  { argv: [] },
  { method: 'GET' },
  { method: 'GET', path: '/', headers: [['accept']] },
  null,
  'select 1',
])('what is none of them is refused (%#)', (input) => {
  expect(callInputSchema.safeParse(input).success).toBe(false);
});

test.each(['', 'a b', 'a\n', 'é', 'a\u200bb', 'x'.repeat(201)])('the id %j from outside is refused', (id) => {
  expect(outsideIdSchema.safeParse(id).success).toBe(false);
});

test.each(['', 'Dana', 'd\u0430na', '-a', '__proto__', 'a b', 'a\n', 'a'.repeat(65)])(
  'never 52: the name %j is refused',
  (name) => {
    expect(nameSchema.safeParse(name).success).toBe(false);
  },
);

test('an effect has a known action and a resource of some kind', () => {
  const effect = { action: 'write.delete', resource: 'table:public.orders', via: 'trigger t' };
  expect(effectInShort(effectSchema.parse(effect))).toBe('write.delete table:public.orders (via trigger t)');
  for (const other of [
    { action: 'fly' },
    { resource: 'orders' },
    { resource: `table:${'x'.repeat(2048)}` },
    { more: 1 },
  ])
    expect(effectSchema.safeParse({ ...effect, ...other }).success).toBe(false);
});
