import { expect, test } from '@jest/globals';
import { actionCovers, actionSchema, baseAction } from './action.ts';

test('a rule for an action covers its refinements, and no refinement covers its base', () => {
  expect(actionCovers('write', 'write.delete')).toBe(true);
  expect(actionCovers('write', 'write')).toBe(true);
  expect(actionCovers('write.delete', 'write')).toBe(false);
  expect(actionCovers('write.delete', 'write.deleted')).toBe(false);
  expect(baseAction('write.delete')).toBe('write');
});

test.each(['writ', 'write.', 'write.Delete', 'write.a.b', '', 'read\n', '__proto__'])(
  'the action %j is refused',
  (value) => {
    expect(actionSchema.safeParse(value).success).toBe(false);
  },
);
