import { expect, test } from '@jest/globals';
import { approvalIdSchema, callIdSchema, newId } from './ids.ts';

test('a new id says its kind, and fits no other', () => {
  const id = newId('call');
  expect(callIdSchema.safeParse(id).success).toBe(true);
  expect(approvalIdSchema.safeParse(id).success).toBe(false);
  expect(newId('call')).not.toBe(id);
});

test.each([
  'call_',
  'call_l23456789012345678901',
  'call_0123456789012345678901\n',
  'CALL_0123456789012345678901',
  '__proto__',
])('%j is no id', (value) => {
  expect(callIdSchema.safeParse(value).success).toBe(false);
});
