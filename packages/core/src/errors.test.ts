import { describe, expect, test } from '@jest/globals';
import { asCountersignError, CountersignError } from './error.ts';
import { type ErrorCode, errorTable, isErrorCode } from './errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

test.each(codes)('what each audience reads of %s', (code) => {
  const error = new CountersignError(code, { what: 'WHAT', expected: 'EXPECTED' });
  expect({
    status: error.status,
    retry: error.entry.retry,
    model: error.toModel(),
    approver: error.toApprover(),
    operator: error.toOperator(),
  }).toMatchSnapshot();
});

describe('what the model reads', () => {
  test.each(codes)('%s: details only of its own malformed request', (code) => {
    const text = new CountersignError(code, { what: 'WHAT' }).toModel();
    expect(text.includes('WHAT')).toBe(errorTable[code].status === 400);
  });

  test('the cause is in no text', () => {
    const error = new CountersignError('target_error', {}, { cause: new Error('ssn 123-45-6789') });
    for (const text of [error.toModel(), error.toApprover(), error.toOperator(), JSON.stringify(error)])
      expect(text).not.toContain('123-45');
  });
});

test('a text is one sentence that says what and what was expected', () => {
  expect(new CountersignError('malformed').message).toBe('The request was malformed.');
  expect(new CountersignError('malformed', { what: 'a', expected: 'b' }).message).toBe(
    'The request was malformed: a; expected b.',
  );
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 1, null, undefined])(
  'never 51: %j is no code',
  (value) => {
    expect(isErrorCode(value)).toBe(false);
  },
);

test('whatever was thrown becomes one error', () => {
  const own = new CountersignError('stopped');
  expect(asCountersignError(own)).toBe(own);
  expect(asCountersignError('text')).toMatchObject({ code: 'internal', cause: 'text' });
  expect(asCountersignError(null, 'unavailable')).toMatchObject({ code: 'unavailable', cause: null });
});
