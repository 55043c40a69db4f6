import { expect, test } from '@jest/globals';
import { parseJsonPath } from './json-path.ts';

const step = (to: string | number | null, deep = false) => ({ to, deep });

test.each([
  ['$', []],
  ['$.a', [step('a')]],
  ['$.a.b-c', [step('a'), step('b-c')]],
  ['$..email', [step('email', true)]],
  ['$.items[*].iban', [step('items'), step(null), step('iban')]],
  ['$.*', [step(null)]],
  ['$..*', [step(null, true)]],
  ['$[0][12]', [step(0), step(12)]],
  ["$['a b']['it\\'s']", [step('a b'), step("it's")]],
  ['$["a.b"]..["c"]', [step('a.b'), step('c', true)]],
  ['$.größe', [step('größe')]],
  ['$.__proto__.constructor', [step('__proto__'), step('constructor')]],
])('%s', (text, steps) => {
  expect(parseJsonPath(text)).toEqual(steps);
});

test.each([
  '',
  'a',
  '.a',
  '$a',
  '$.',
  '$..',
  '$.a.',
  '$.a b',
  '$[',
  '$[]',
  '$[01]',
  '$[-1]',
  '$[1:2]',
  '$[?(@.a)]',
  '$[a]',
  "$['a]",
  '$.1',
  '$ .a',
  `$${'.a'.repeat(33)}`,
])('%j is none', (text) => {
  expect(parseJsonPath(text)).toBeNull();
});
