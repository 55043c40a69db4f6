import { describe, expect, test } from '@jest/globals';
import { type ErrorCode, errorTable } from './errors.ts';
import { failedText, notExecutedText } from './model-text.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

test.each(codes)('the model is told that nothing was executed, and whether to try again: %s', (code) => {
  const text = notExecutedText(code);
  expect(text).toMatch(/^NOT EXECUTED \(\w+\)\. /);
  expect(text).toMatch(
    /Trying the same call again will not help|It may be tried again later|A new call may be made/,
  );
  expect(text).toContain('Do not tell the user that it was done.');
});

describe('never 03: no text tells the model to approve, or that it could', () => {
  test.each(codes)('%s', (code) => {
    expect(errorTable[code].model).not.toMatch(/\b(?:approve (?:it|this)|you (?:can|may) approve)\b/i);
  });
});

test("a person's words stand in it as they are", () => {
  expect(notExecutedText('rejected', 'not today')).toBe(
    'NOT EXECUTED (rejected). A person rejected this call. not today. Trying the same call again will not help. Do not tell the user that it was done.',
  );
  expect(notExecutedText('rejected', null)).toBe(notExecutedText('rejected', ''));
});

test.each([
  ['no', 'Nothing was executed.'],
  ['rolled_back', 'Everything it did was undone.'],
  ['maybe_outside', 'Part of it may have taken effect.'],
] as const)('a failure says what it left behind: %s', (ran, words) => {
  expect(failedText('target_error', ran)).toContain(words);
});
