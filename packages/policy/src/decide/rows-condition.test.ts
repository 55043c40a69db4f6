import { expect, test } from '@jest/globals';
import { parsePolicyFile } from '../file/parse-policy-file.ts';
import { decide } from './decide.ts';

const policyOf = (rules: string) =>
  parsePolicyFile(
    `version: 1
people: { dana: { groups: [dba, head], accounts: ["local:dana"] } }
connections: { shop-db: { protocol: postgres, url: "\${URL}" } }
rules:
${rules}`,
    { file: 'countersign.yaml', env: { URL: 'postgres://u@h/d' }, directory: '/' },
  ).policy;

function decided(rules: string, rows?: number | null) {
  const { verdict, code, needsRows, requirement } = decide(policyOf(rules), {
    principal: { class: 'agent', id: 'agent:x', groups: ['agents'], owner: null, onBehalfOf: null } as never,
    connection: { name: 'shop-db', protocol: 'postgres', labels: {} },
    effects: [{ action: 'write.update', resource: 'table:public.orders' }],
    lineage: { outputs: [], uses: [], usesProven: true },
    ...(rows === undefined ? {} : { rows }),
  });
  return { verdict, code, needsRows, votes: requirement?.asks.map(({ votes }) => votes) };
}

const asks = `  - { actions: [write], then: { ask: { approvers: [dba] } } }
  - { actions: [write], when: { rows: "> 100" }, then: { ask: { approvers: [dba], votes: 2 } } }
  - { actions: [write], when: { rows: "> 1000" }, then: deny }`;

test('more rows need more votes, and beyond a number of them nothing helps', () => {
  expect(decided(asks, 100)).toMatchObject({ verdict: 'ask', votes: [1] });
  expect(decided(asks, 101)).toMatchObject({ verdict: 'ask', votes: [2] });
  expect(decided(asks, 1001)).toMatchObject({ verdict: 'deny', code: 'denied_by_rule' });
});

test('a number that is not known meets what asks or denies, and nothing that allows', () => {
  expect(decided(asks, null)).toMatchObject({ verdict: 'deny', code: 'denied_by_rule' });
  const small = '  - { actions: [write], when: { rows: "<= 5" }, then: allow }';
  expect(decided(small, 5)).toMatchObject({ verdict: 'allow' });
  expect(decided(small, 6)).toMatchObject({ verdict: 'deny', code: 'no_rule' });
  expect(decided(small, null)).toMatchObject({ verdict: 'deny', code: 'no_rule' });
});

test('where nobody has looked yet, the decision says whether looking can make a difference', () => {
  expect(decided(asks)).toMatchObject({ verdict: 'deny', needsRows: true });
  expect(decided(asks, null).needsRows).toBeUndefined();
  expect(decided(`${asks}\n  - { actions: [write], then: deny }`)).toMatchObject({ needsRows: undefined });
  expect(decided('  - { then: allow }').needsRows).toBeUndefined();
  expect(decided('  - { actions: [read], when: { rows: "> 1" }, then: deny }').needsRows).toBeUndefined();
});

test('asks that add up bind as closely as the closest, with the least tolerance', () => {
  const requirement = (rules: string) =>
    decide(policyOf(rules), {
      principal: { class: 'agent', id: 'agent:x', groups: [], owner: null, onBehalfOf: null } as never,
      connection: { name: 'shop-db', protocol: 'postgres', labels: {} },
      effects: [{ action: 'write.update', resource: 'table:public.orders' }],
      lineage: { outputs: [], uses: [], usesProven: true },
    }).requirement;
  const counts = '  - { then: { ask: { approvers: [dba], bind: counts, tolerance: 5 } } }';
  expect(requirement(counts)).toMatchObject({ bind: 'counts', tolerance: 5 });
  const both = requirement(`${counts}\n  - { then: { ask: { approvers: [head], tolerance: 3 } } }`);
  expect(both).toMatchObject({ tolerance: 3 });
  expect(both).not.toHaveProperty('bind');
});
