import { describe, expect, test } from '@jest/globals';
import { strength } from './strength.ts';
import { sessionWith } from './testing/session.ts';

describe('a login', () => {
  test('that can do no more than it is granted is fine', () => {
    expect(strength(sessionWith({ writes: 3 }))).toMatchObject({
      verdict: 'ok',
      what: 'the login (agent) can do no more than it is granted',
    });
  });

  test.each([
    [{ superuser: true }, 'problem', 'is a superuser: nothing at the server holds it back'],
    [
      { reaches: ['pg_read_server_files'] },
      'problem',
      'may reach files or programs of the server (pg_read_server_files)',
    ],
    [{ bypassesRowSecurity: true }, 'warning', 'bypasses row security'],
    [{ createsRoles: true, createsDatabases: true }, 'warning', 'may create roles, and may create databases'],
    [{ replicates: true }, 'warning', 'may replicate the whole server'],
    [{ owns: 1 }, 'warning', 'owns a table (an owner can change, drop and disclose)'],
    [{ owns: 12 }, 'warning', 'owns 12 tables (an owner can change, drop and disclose)'],
  ])('too strong: %j', (facts, verdict, what) => {
    const found = strength(sessionWith(facts));
    expect(found).toMatchObject({ verdict, advice: expect.any(String) });
    expect(found.what).toContain(`the login (agent) ${what}`);
  });

  test.each([
    [{ superuser: true }, 'problem', 'is a superuser: calls on this connection are refused'],
    [{ bypassesRowSecurity: true }, 'problem', 'bypasses row security'],
    [{ writes: 2 }, 'warning', 'may write to 2 tables, though it is for reads'],
  ])('for reads, too strong: %j', (facts, verdict, what) => {
    expect(strength(sessionWith(facts, { label: 'logins.read', forReads: true }))).toMatchObject({
      verdict,
      what: `logins.read (agent) ${what}`,
    });
  });
});
