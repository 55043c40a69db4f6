import { CountersignError } from '@countersign/core';
import { expect, test } from '@jest/globals';
import { faultForLog } from './fault-for-log.ts';

test('never 42: a fault is logged by kind, code and place, and never by its message', () => {
  const row = Object.assign(new Error('Key (email)=(priya@example.com) already exists'), { code: '23505' });
  const logged = faultForLog(new CountersignError('internal', {}, { cause: row }));
  expect(logged).toMatch(/^CountersignError internal at .* < Error 23505 at /);
  expect(logged).not.toContain('priya');
  expect(faultForLog('priya')).toBe('thrown string');
});

test('a message of many lines that looks like a stack is not taken for one', () => {
  const error = new TypeError('first\n    at priya');
  expect(faultForLog(error).match(/priya/g) ?? []).toHaveLength(0);
});
