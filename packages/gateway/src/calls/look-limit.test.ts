import { expect, test } from '@jest/globals';
import { createLookLimit, looksPerMinute } from './look-limit.ts';

test('a principal has a target looked at so often in a minute, whatever others do', () => {
  let time = 1_000_000;
  const limit = createLookLimit({ now: () => time });
  const taken = (name: string) =>
    Array.from({ length: looksPerMinute + 5 }, () => limit.take(name)).filter(Boolean).length;
  expect(taken('agent:a')).toBe(looksPerMinute);
  expect(taken('agent:b')).toBe(looksPerMinute);
  time += 59_999;
  expect(limit.take('agent:a')).toBe(false);
  time += 2;
  expect(taken('agent:a')).toBe(looksPerMinute);
});
