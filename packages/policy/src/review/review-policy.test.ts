import type { Finding, Resource } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { base, load } from '../file/testing/load.ts';
import { reviewNames } from './names.ts';
import { reviewPolicy } from './review-policy.ts';

const inShort = (findings: readonly Finding[]) => findings.map(({ verdict, what }) => `${verdict}: ${what}`);
const review = (text: string) => inShort(reviewPolicy(load(text)).filter(({ verdict }) => verdict !== 'ok'));
const rules = (...lines: readonly string[]) =>
  `${base}rules:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
const reads = '{ name: reads, actions: [read], then: allow }';

test('a policy that means what it says has nothing against it', () => {
  const text = rules(
    reads,
    '{ name: writes, actions: [write], except: { resources: ["table:public.notes"] }, then: { ask: { approvers: [dba] } } }',
    '{ name: notes, actions: [write], resources: ["table:public.notes"], then: allow }',
    '{ name: no schema, actions: [schema, admin], then: deny }',
  );
  expect(reviewPolicy(load(text))).toEqual([
    { name: 'ask.approvers', verdict: 'ok', what: 'every ask has people who can answer it', advice: null },
  ]);
});

describe('a rule that can never match', () => {
  test.each([
    [
      'whose labels no connection has',
      '{ name: x, connections: { labels: { env: staging } }, then: deny }',
      'no connection has the names, labels and protocols that it wants',
    ],
    [
      'whose protocol no connection speaks',
      '{ name: x, connections: { protocols: [http] }, then: deny }',
      'no connection has the names, labels and protocols that it wants',
    ],
    [
      'for people, who make no calls',
      '{ name: x, who: { principals: ["person:dana", "operator:local"] }, then: deny }',
      'person:dana, operator:local make no calls',
    ],
    [
      'about resources of another protocol',
      '{ name: x, resources: ["http:/v1/**", "k8s:**"], then: deny }',
      'http and k8s resources are not what its connections (shop-db) have',
    ],
    [
      'whose except takes out all of it',
      '{ name: x, actions: [write.delete], except: { actions: [write] }, then: deny }',
      'its "except" takes out everything it speaks of',
    ],
  ])('%s', (_, rule, why) => {
    expect(review(rules(reads, rule))).toEqual([`warning: rule "x" can never match: ${why}`]);
  });

  test('is told from one that still can', () => {
    for (const rule of [
      '{ name: x, who: { principals: ["person:dana", "agent:support"] }, then: deny }',
      '{ name: x, resources: ["http:/v1/**", "table:public.orders"], then: deny }',
      '{ name: x, actions: [write], except: { actions: [write.delete] }, then: deny }',
    ])
      expect(review(rules(reads, rule))).toEqual([]);
  });

  test('and a mask that never applies', () => {
    const mask = '{ columns: ["*.*.ssn"], with: redact, connections: { labels: { env: staging } } }';
    expect(review(`${rules(reads)}masks:\n  - ${mask}\n`)).toEqual([
      'warning: mask "masks[0]" can never match: no connection has the names, labels and protocols that it wants',
    ]);
  });
});

describe('a rule that a stricter one outdoes', () => {
  const both = (inner: string, outer: string) => review(rules(reads, inner, outer));

  test.each([
    ['{ name: i, actions: [write], then: allow }', '{ name: o, actions: [write], then: deny }'],
    [
      '{ name: i, actions: [write.delete], then: { ask: { approvers: [dba] } } }',
      '{ name: o, actions: [write], then: deny }',
    ],
    [
      '{ name: i, who: { groups: [bots] }, actions: [write], resources: ["table:public.orders"], then: allow }',
      '{ name: o, actions: [write], resources: ["table:public.*"], then: { ask: { approvers: [dba] } } }',
    ],
    [
      '{ name: i, actions: [write], resources: ["column:public.orders.total"], then: allow }',
      '{ name: o, actions: [write], resources: ["table:public.orders"], then: deny }',
    ],
    [
      '{ name: i, actions: [write], resources: ["function:app.**"], then: allow }',
      '{ name: o, connections: { labels: { env: production } }, actions: [write], resources: ["function:**"], then: deny }',
    ],
  ])('%s by %s', (inner, outer) => {
    expect(both(inner, outer)).toEqual([
      expect.stringMatching(/^warning: rule "i" \(\w+\) makes no difference: "o" \(\w+\) is stricter/),
    ]);
  });

  test.each([
    ['an except', '{ name: o, actions: [write], except: { resources: ["table:public.b"] }, then: deny }'],
    ['fewer groups', '{ name: o, who: { groups: [bots] }, actions: [write], then: deny }'],
    ['fewer actions', '{ name: o, actions: [write.delete], then: deny }'],
    ['fewer resources', '{ name: o, actions: [write], resources: ["table:public.a"], then: deny }'],
    ['a star for one segment', '{ name: o, actions: [write], resources: ["table:*.*"], then: deny }'],
    ['no stricter word', '{ name: o, actions: [write], then: allow }'],
  ])('is told from one whose other has %s', (_, outer) => {
    const inner = '{ name: i, actions: [write], resources: ["table:public.**"], then: allow }';
    expect(both(inner, outer)).toEqual([]);
  });

  test('a rule that lets protected data move is outdone only by one that names that', () => {
    const inner = '{ name: i, actions: [secret.move], then: allow }';
    const ask = (action: string) => `{ name: o, actions: [${action}], then: { ask: { approvers: [dba] } } }`;
    expect(both(inner, ask('secret'))).toEqual([]);
    expect(both(inner, ask('secret, secret.move'))).toHaveLength(1);
    expect(both(inner, '{ name: o, actions: [secret], then: deny }')).toHaveLength(1);
  });
});

describe('those who are asked', () => {
  const asking = (people: string, votes: number) =>
    review(
      `version: 1\npeople:\n${people}connections:\n  shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}" }\nrules:\n  - { name: w, then: { ask: { approvers: [dba], votes: ${votes} } } }\n`,
    );

  test('nobody is there', () => {
    expect(asking('  kim: { groups: [security], accounts: ["local:kim"] }\n', 1)).toEqual([
      'problem: rule "w" asks for 1 vote of dba, where nobody can vote: what it asks for always expires',
    ]);
  });

  test('somebody is, without an account', () => {
    expect(asking('  kim: { groups: [dba] }\n', 1)).toEqual([
      'problem: rule "w" asks for 1 vote of dba, where nobody can vote: what it asks for always expires',
      "warning: kim has no account, so kim can't vote",
    ]);
  });

  test('fewer than it takes', () => {
    expect(asking('  kim: { groups: [dba], accounts: ["local:kim"] }\n', 2)).toEqual([
      'problem: rule "w" asks for 2 votes of dba, where only 1 can vote: what it asks for always expires',
    ]);
  });

  test('whoever has a token of the group, where policy lets unmapped accounts vote', () => {
    expect(asking('  unmapped_may_vote: true\n', 3)).toEqual([]);
  });
});

test('a connection that no rule speaks of, or that rules only deny', () => {
  expect(review(base)).toEqual(['warning: no rule speaks of shop-db, so every call on it is denied']);
  expect(review(rules('{ name: x, then: deny }'))).toEqual([
    'warning: the rules that speak of shop-db only deny, so every call on it is denied',
  ]);
});

describe('patterns, compared with what a target has', () => {
  const file = load(
    `${rules(
      '{ name: r, resources: ["table:public.orders", "table:public.ordres", "function:public.f(**"], then: allow }',
      '{ name: e, except: { resources: ["column:public.orders.totl"] }, then: deny }',
    )}masks:
  - { columns: [public.customers.ssn, "*.*.card_number", public.orders.note], with: redact }
`,
  );
  const columns = new Set<Resource>(['column:public.customers.ssn', 'column:public.orders.note']);

  test('say which match nothing', () => {
    expect(inShort(reviewNames(file, new Map([['shop-db', columns]])))).toEqual([
      'warning: mask "masks[0]" hides nothing by *.*.card_number: no column there is called that',
      'warning: rule "r" names table:public.ordres, which matches nothing there',
      'warning: rule "e" names column:public.orders.totl, which matches nothing there',
    ]);
  });

  test('say nothing of a connection that could not be asked', () => {
    expect(reviewNames(file, new Map())).toEqual([]);
  });
});
