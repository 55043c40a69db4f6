import { CountersignError } from '@countersign/core';
import { expect, test } from '@jest/globals';
import { faultInWords } from './fault-in-words.ts';

const thrown = (code: string, more: object = {}) =>
  Object.assign(new Error('postgres://agent:hunter2@db/shop'), { code, ...more });

test.each([
  [thrown('ECONNREFUSED'), 'nothing listens there'],
  [thrown('28P01', { severity: 'FATAL' }), 'the server refuses the password'],
  [thrown('3D000', { severity: 'FATAL' }), 'the server has no such database'],
  [thrown('DEPTH_ZERO_SELF_SIGNED_CERT'), 'its certificate is not trusted here'],
  [new CountersignError('timed_out'), 'no answer within five seconds'],
  [thrown('XX000', { severity: 'FATAL' }), 'it can’t be used (XX000)'],
  [thrown('hunter2 is no code'), 'it can’t be used (connection lost)'],
])('a fault is told by its code, without the words of the driver (%#)', (error, what) => {
  const words = faultInWords(error);
  expect(words).toEqual({ what, advice: expect.any(String) });
  expect(JSON.stringify(words)).not.toContain('hunter2');
});
