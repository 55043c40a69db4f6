/** Which resources a rule is about. */
import type { Effect } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { ask, read } from './testing/question.ts';

describe('resources', () => {
  const customers = read('customers', 'name', 'ssn');

  test('a table pattern covers its columns', () => {
    const rules = 'rules: [{ resources: ["table:public.*"], then: allow }]';
    expect(ask(rules, [customers]).verdict).toBe('allow');
    expect(ask(rules, [{ action: 'read', resource: 'column:public.customers.ssn' }]).verdict).toBe('allow');
    expect(ask(rules, [{ action: 'read', resource: 'table:other.customers' }]).verdict).toBe('deny');
  });

  test('a rule on a column forbids a table read that touches it, or may touch it', () => {
    const rules = 'rules: [{ then: allow }, { resources: ["column:public.customers.ssn"], then: deny }]';
    expect(ask(rules, [customers]).code).toBe('denied_by_rule');
    expect(ask(rules, [read('customers')]).code).toBe('denied_by_rule');
    expect(ask(rules, [read('customers', 'name')]).verdict).toBe('allow');
    expect(ask(rules, [read('orders')]).verdict).toBe('allow');
  });

  test('rules on columns allow a table read only where they cover every column', () => {
    const name = '{ resources: ["column:public.customers.name"], then: allow }';
    const ssn = '{ resources: ["column:*.*.s*n"], then: allow }';
    expect(ask(`rules: [${name}]`, [customers]).code).toBe('no_rule');
    expect(ask(`rules: [${name}, ${ssn}]`, [customers]).verdict).toBe('allow');
    expect(ask(`rules: [${name}, ${ssn}]`, [read('customers')]).code).toBe('no_rule');
    expect(
      ask('rules: [{ resources: ["column:public.customers.*"], then: allow }]', [read('customers')]).verdict,
    ).toBe('allow');
  });

  test('a table read without a column is not forbidden by a rule on a column, nor allowed by one', () => {
    const count: Effect = { ...read('customers'), columns: [] };
    const ssn = '{ resources: ["column:public.customers.ssn"]';
    expect(ask(`rules: [{ then: allow }, ${ssn}, then: deny }]`, [count]).verdict).toBe('allow');
    expect(ask(`rules: [${ssn}, then: allow }]`, [count]).code).toBe('no_rule');
  });

  test('"except" on a column takes only that column out', () => {
    const rules = `rules: [{ then: allow, except: { resources: ["column:*.*.ssn"] } }]`;
    expect(ask(rules, [read('customers', 'name')]).verdict).toBe('allow');
    expect(ask(rules, [customers]).code).toBe('no_rule');
    expect(ask(rules, [read('customers')]).code).toBe('no_rule');
    const denies = `rules: [{ then: allow }, { then: deny, except: { resources: ["column:*.*.name"] } }]`;
    expect(ask(denies, [read('customers', 'name')]).verdict).toBe('allow');
    expect(ask(denies, [customers]).code).toBe('denied_by_rule');
    expect(ask(denies, [read('customers')]).code).toBe('denied_by_rule');
  });

  test('a name with dots and stars is one segment', () => {
    const effect: Effect = { action: 'read', resource: 'table:public.a%2Eb' };
    expect(ask('rules: [{ resources: ["table:public.*"], then: allow }]', [effect]).verdict).toBe('allow');
    expect(ask('rules: [{ resources: ["table:public.a*b"], then: allow }]', [effect]).verdict).toBe('allow');
    expect(ask('rules: [{ resources: ["table:public.a.**"], then: allow }]', [effect]).verdict).toBe('deny');
    expect(ask('rules: [{ resources: ["table:public.a%2eb"], then: allow }]', [effect]).verdict).toBe(
      'allow',
    );
  });

  test('paths: one star stays in a segment, two cross', () => {
    const effect: Effect = { action: 'read', resource: 'http:/v1/invoices/42/lines' };
    const verdict = (pattern: string) =>
      ask(`rules: [{ resources: ["${pattern}"], then: allow }]`, [effect]).verdict;
    expect(verdict('http:/v1/invoices/*')).toBe('deny');
    expect(verdict('http:/v1/invoices/*/lines')).toBe('allow');
    expect(verdict('http:/v1/**')).toBe('allow');
    expect(verdict('http:**')).toBe('allow');
    expect(verdict('http:/v2/**')).toBe('deny');
  });
});

describe('an effect on all objects of a kind', () => {
  const onCluster = { connection: { name: 'prod', protocol: 'kubernetes', labels: {} } } as const;
  const decided = (rules: string, resource: string) =>
    ask(`rules:\n${rules}`, [{ action: 'read', resource: `k8s:${resource}` }], onCluster).code;
  const all = '  - { name: all, then: allow }\n';
  const denies = (pattern: string) =>
    `${all}  - { name: not this, resources: ["k8s:${pattern}"], then: deny }`;
  const allows = (pattern: string) => `  - { name: this, resources: ["k8s:${pattern}"], then: allow }`;

  test('is forbidden by a rule that forbids one of them', () => {
    for (const one of ['shop/-/pods/web', 'shop/-/pods/*', '*/-/*/web', 'sh*/**', '**'])
      expect([one, decided(denies(one), 'shop/-/pods/*')]).toEqual([one, 'denied_by_rule']);
    for (const one of ['shop/-/pods/web', 'prod/-/pods/*'])
      expect([one, decided(denies(one), '*/-/pods/*')]).toEqual([one, 'denied_by_rule']);
    for (const other of ['prod/-/pods/web', 'shop/apps/*/*', 'shop/-/pods'])
      expect([other, decided(denies(other), 'shop/-/pods/*')]).toEqual([other, 'allowed']);
  });

  test('is allowed only by a rule that allows all of them', () => {
    for (const some of ['shop/-/pods/web', 'shop/-/pods/w*', 'prod/-/pods/*'])
      expect([some, decided(allows(some), 'shop/-/pods/*')]).toEqual([some, 'no_rule']);
    expect(decided(allows('shop/-/pods/*'), '*/-/pods/*')).toBe('no_rule');
    for (const every of ['shop/-/pods/*', 'shop/**', '*/*/pods/*'])
      expect([every, decided(allows(every), 'shop/-/pods/*')]).toEqual([every, 'allowed']);
  });

  test('is not taken out by an exception for one of them, where a rule forbids', () => {
    const rules = (then: string) =>
      `${all}  - { name: most, resources: ["k8s:shop/**"], except: { resources: ["k8s:shop/-/pods/web"] }, then: ${then} }`;
    expect(decided(rules('deny'), 'shop/-/pods/*')).toBe('denied_by_rule');
    expect(decided(rules('deny'), 'shop/-/pods/web')).toBe('allowed');
  });
});
