import { describe, expect, test } from '@jest/globals';
import { toolInputs } from './tool-input.ts';

const { postgres, http, kubernetes } = toolInputs;

test.each([
  ['null for what is left out', { sql: 'select 1', params: null, purpose: null }],
  ['nothing for what is left out', { sql: 'select 1' }],
  ['keys that nobody knows', { sql: 'select 1', extra: true }],
])('a call is the same with %s', (_what, arrived) => {
  expect(postgres.read(arrived)).toEqual({ input: { sql: 'select 1' }, purpose: undefined });
});

test('a purpose is no part of the input', () => {
  expect(postgres.read({ sql: 'select $1', params: [1, 'a', true, null], purpose: 'to see' })).toEqual({
    input: { sql: 'select $1', params: [1, 'a', true, null] },
    purpose: 'to see',
  });
});

test('the text stays as it is', () => {
  const sql = '  SELECT\t1 -- ä\u202e\n;';
  expect(postgres.read({ sql })?.input).toEqual({ sql });
});

test('each kind of tool has its own fields', () => {
  const argv = ['get', 'pods'];
  expect(kubernetes.read({ argv, stdin: null })?.input).toEqual({ argv });
  const request = { method: 'GET', path: '/v1/x', headers: [['accept', 'text/plain']] };
  expect(http.read(request)?.input).toEqual(request);
  expect(http.read({ ...request, headers: [['accept']] })).toBeNull();
  expect(kubernetes.read({ sql: 'select 1' })).toBeNull();
});

test.each([
  ['null', null],
  ['a text', 'select 1'],
  ['an array', [1, 2]],
  ['a number for the text', { sql: 5 }],
  ['an empty text', { sql: '' }],
  ['no argv', { argv: [] }],
  ['an object as a parameter', { sql: 'select $1', params: [{}] }],
  ['too many parameters', { sql: 'select 1', params: Array(1001).fill(1) }],
  ['an endless purpose', { sql: 'select 1', purpose: 'x'.repeat(501) }],
])('%s is no call', (_what, arrived) => {
  expect(postgres.read(arrived)).toBeNull();
});

test('a version names one set of parameters: who changes these counts up, because parked runs rely on them', () => {
  const fields = Object.values(toolInputs).map(({ version, parameters }) => [
    version,
    Object.keys(parameters.shape),
  ]);
  expect(fields).toEqual([
    [1, ['sql', 'params', 'purpose']],
    [1, ['method', 'path', 'headers', 'body', 'purpose']],
    [1, ['argv', 'stdin', 'purpose']],
  ]);
});

describe('what the model is told', () => {
  test('has descriptions that name the connection and that people may be asked', () => {
    for (const input of Object.values(toolInputs))
      expect(input.describe('shop-db')).toMatch(/shop-db.*a person may have to approve/);
  });
});
