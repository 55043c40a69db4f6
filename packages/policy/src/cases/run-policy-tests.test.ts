import { CountersignError, noLineage } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { PolicyFileError } from '../file/report.ts';
import { base, load } from '../file/testing/load.ts';
import { type PolicyTestOptions, runPolicyTests } from './run-policy-tests.ts';

const loaded = load(`${base}rules:
  - { name: agents read, who: { groups: [agents] }, actions: [read], then: allow }
  - { name: writes ask, actions: [write], then: { ask: { approvers: [dba] } } }
masks:
  - { detect: [email], with: redact }
`);

const analyse: PolicyTestOptions['analyse'] = (_connection, input, schema) => {
  if (!('sql' in input) || schema !== 'shop.sql')
    throw new CountersignError('parse_failed', { what: 'no SQL' });
  const action = input.sql.startsWith('select') ? 'read' : 'write';
  return Promise.resolve({ effects: [{ action, resource: 'table:public.orders' }], lineage: noLineage });
};
const run = (cases: string) => runPolicyTests(loaded, cases, { file: 'countersign.test.yaml', analyse });

describe('cases', () => {
  test('pass and fail by what the policy says, with all that came out', async () => {
    const results = await run(`
schema: shop.sql
cases:
  - { name: reads are free, as: agent:support, groups: [agents], connection: shop-db, sql: select 1, expect: allow }
  - { as: agent:support, connection: shop-db, sql: update x, params: [1, null], expect: { decision: ask, code: needs_approval, approvers: [dba], rules: [writes ask], masks: ["redact detect:email"] } }
  - { as: service:nightly, connection: shop-db, effects: [{ action: schema, resource: "table:public.orders" }], expect: { decision: deny, code: no_rule } }
  - { as: agent:support, connection: shop-db, argv: [get, pods], expect: { decision: deny, code: parse_failed } }
  - { as: agent:support, connection: shop-db, sql: update x, expect: allow }
  - { as: agent:support, connection: shop-db, sql: update x, expect: { decision: ask, approvers: [dba, security] } }
`);
    expect(results.map(({ name, line, passed }) => [name, line, passed])).toEqual([
      ['reads are free', 4, true],
      ['cases[1]', 5, true],
      ['cases[2]', 6, true],
      ['cases[3]', 7, true],
      ['cases[4]', 8, false],
      ['cases[5]', 9, false],
    ]);
    expect(results[4]).toMatchObject({
      expected: { decision: 'allow' },
      got: {
        decision: 'ask',
        code: 'needs_approval',
        rules: ['writes ask'],
        approvers: ['dba'],
        masks: ['redact detect:email'],
        detail: 'write table:public.orders by "writes ask"',
      },
    });
  });

  test('a fault of the analysis is no denial', async () => {
    const failing = () => Promise.reject(new TypeError('broken'));
    const cases = 'cases: [{ as: agent:a, connection: shop-db, sql: x, expect: deny }]';
    await expect(runPolicyTests(loaded, cases, { file: 'f', analyse: failing })).rejects.toThrow(TypeError);
  });

  test.each([
    ['cases: []', '1:8: the list is empty; expected at least one of cases, or no such key'],
    [
      'cases: [{ as: support, connection: shop-db, sql: x, expect: allow }]',
      '1:15: "support" has another form; expected a principal like agent:support',
    ],
    [
      'cases: [{ as: agent:a, connection: shop, sql: x, expect: allow }]',
      '1:36: there is no connection "shop"; expected shop-db',
    ],
    ['cases: [{ as: agent:a, connection: shop-db, expect: allow }]', '1:9: a case without one call'],
    [
      'cases: [{ as: agent:a, connection: shop-db, sql: x, argv: [y], expect: allow }]',
      '1:9: a case without one call',
    ],
    [
      'cases: [{ as: agent:a, connection: shop-db, sql: x, effects: [{ action: read, resource: "table:x" }], expect: allow }]',
      '1:9: a case without one call',
    ],
    [
      'cases: [{ as: agent:a, connection: shop-db, effects: [{ action: fly, resource: "table:x" }], expect: allow }]',
      '1:55: no effect',
    ],
    [
      'cases: [{ as: agent:a, connection: shop-db, sql: x, expect: { decision: deny, code: no_rul } }]',
      '1:85: "no_rul" is no code of a decision',
    ],
    [
      'cases: [{ as: agent:a, connection: shop-db, sql: x, expct: deny }]',
      '1:53: unknown key "expct" in a case',
    ],
  ])('what is wrong in the file is told with its place: %s', async (cases, message) => {
    const error: unknown = await run(cases).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PolicyFileError);
    expect((error as PolicyFileError).message).toContain(`countersign.test.yaml:${message}`);
  });
});
