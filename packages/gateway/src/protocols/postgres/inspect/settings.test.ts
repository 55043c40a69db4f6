import { describe, expect, test } from '@jest/globals';
import { searchPath, timeouts } from './settings.ts';
import { sessionWith } from './testing/session.ts';

describe('timeouts of the server', () => {
  test.each([
    [{}],
    [{ statement_timeout: 0, transaction_timeout: 0 }],
    [{ statement_timeout: 60_000, transaction_timeout: 30_000 }],
  ])('that leave time: %j', (set) => {
    expect(timeouts([sessionWith({ timeouts: set })], 30_000)).toMatchObject([{ verdict: 'ok' }]);
  });

  test.each([
    [{ statement_timeout: 200 }, 'the login has a statement_timeout of 200 ms'],
    [
      { transaction_timeout: 5000 },
      'the login has a transaction_timeout of 5000 ms, shorter than the 30000 ms',
    ],
  ])('that don’t: %j', (set, what) => {
    expect(timeouts([sessionWith(), sessionWith({ timeouts: set })], 30_000)).toMatchObject([
      { verdict: 'warning', what: expect.stringContaining(what) },
    ]);
  });
});

describe('a search path', () => {
  test('with pg_catalog first is fine, a temporary schema before it or not', () => {
    for (const path of [['pg_catalog'], ['pg_temp_3', 'pg_catalog', 'public']])
      expect(searchPath(sessionWith({ searchPath: path }))).toMatchObject({ verdict: 'ok' });
  });

  test('with another schema before pg_catalog', () => {
    expect(searchPath(sessionWith({ searchPath: ['public', 'pg_catalog'] }))).toMatchObject({
      verdict: 'problem',
      what: expect.stringContaining('the login searches public, pg_catalog:'),
    });
  });

  test('with a schema in which anyone may create', () => {
    expect(searchPath(sessionWith({ openSchemas: ['public'] }))).toMatchObject({
      verdict: 'warning',
      what: 'the login searches public, where anyone may create tables and functions',
      advice: 'REVOKE CREATE ON SCHEMA public FROM PUBLIC.',
    });
  });
});
