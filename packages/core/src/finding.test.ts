import { expect, test } from '@jest/globals';
import { fine, problem, warning, worstVerdict } from './finding.ts';

test('the worst of some findings is the most serious of them, in any order', () => {
  const [good, odd, bad] = [fine('a', 'x'), warning('b', 'x', 'y'), problem('c', 'x', 'y')];
  expect(worstVerdict([])).toBe('ok');
  expect(worstVerdict([good])).toBe('ok');
  expect(worstVerdict([odd, good])).toBe('warning');
  expect(worstVerdict([bad, odd, good])).toBe('problem');
});

test('only what is fine comes without advice', () => {
  expect([fine('a', 'x').advice, warning('b', 'x', 'y').advice, problem('c', 'x', 'y').advice]).toEqual([
    null,
    'y',
    'y',
  ]);
});
