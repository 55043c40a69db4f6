import { type Action, type Effect, noLineage, type Principal, type Verdict } from '@countersign/core';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { defaultLimits } from '../file/limits.ts';
import { noIdentity } from '../identity.ts';
import type { Consequence, Policy, Rule } from '../policy.ts';
import { atomsOf, speaksOf } from './atom.ts';
import { matchesAction, matchesConnection, matchesWho } from './compiled-scope.ts';
import { decide } from './decide.ts';
import { compilePattern } from './pattern.ts';
import type { Question } from './question.ts';
import { compileRule, RuleIndex } from './rule-index.ts';

const connection = { name: 'shop-db', protocol: 'postgres', labels: { env: 'production' } } as const;

const segment = fc.constantFrom('public', 'a', 'b', 'ssn', 'x%2Ey');
const patternSegment = fc.oneof(segment, fc.constantFrom('*', '**', 'p*', '*n', 'a*b'));
const kind = fc.constantFrom('table', 'column', 'function', 'http');
const separator = (of: string) => (of === 'http' ? '/' : '.');
const pattern = fc
  .tuple(kind, fc.array(patternSegment, { minLength: 1, maxLength: 3 }))
  .map(([of, segments]) => `${of}:${segments.join(separator(of))}`);
const action = fc.constantFrom<Action>('read', 'write', 'write.delete', 'schema', 'secret.move');
const ask: Consequence = {
  verdict: 'ask',
  ask: { approvers: ['dba'], votes: 1, voteWithinMs: 1, startWithinMs: 1, reason: false },
};
const optional = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((v) => (v === undefined ? {} : { [key]: v }));
const names = fc.uniqueArray(fc.constantFrom('g1', 'g2', 'g3'), { minLength: 1 });
const scope = fc
  .tuple(
    optional(
      'who',
      fc.oneof(
        names.map((groups) => ({ groups })),
        fc.constant({ principals: ['agent:a'] }),
      ),
    ),
    optional('connections', fc.constantFrom({ names: ['shop-db'] }, { labels: { env: 'test' } })),
    optional('actions', fc.uniqueArray(action, { minLength: 1 })),
    optional('resources', fc.array(pattern, { minLength: 1, maxLength: 3 })),
  )
  .map((parts) => Object.assign({}, ...parts) as Partial<Rule>);
const rule = fc
  .tuple(
    scope,
    fc.constantFrom<Consequence>({ verdict: 'allow' }, { verdict: 'deny' }, ask),
    optional('except', scope),
  )
  // oxlint-disable-next-line unicorn/no-thenable -- the file's own word; a rule is never awaited
  .map(([own, then, except]): Rule => ({ name: 'r', ...own, then, ...except }));
const rules = fc.array(rule, { maxLength: 6 });

const effect = fc
  .tuple(
    action,
    kind,
    fc.array(segment, { minLength: 1, maxLength: 3 }),
    optional('columns', fc.uniqueArray(segment)),
    optional('via', fc.constant('trigger t')),
  )
  .map(
    ([of, on, segments, columns, via]): Effect => ({
      action: of,
      resource: `${on}:${segments.join(separator(on))}`,
      ...(on === 'table' ? columns : {}),
      ...via,
    }),
  );

const principal = (groups: readonly string[]): Principal => ({
  class: 'agent',
  id: 'agent:a',
  name: 'a',
  groups,
  account: null,
  owner: null,
  onBehalfOf: null,
});

const policyOf = (list: readonly Rule[]): Policy => ({
  version: 'v',
  rules: list,
  masks: [],
  limits: defaultLimits,
  people: new Map(),
  unmappedMayVote: false,
  identity: noIdentity,
});
const strictness: Readonly<Record<Verdict, number>> = { allow: 0, ask: 1, deny: 2 };

function verdict(list: readonly Rule[], groups: readonly string[], effects: readonly Effect[]): Verdict {
  const question: Question = { principal: principal(groups), connection, effects, lineage: noLineage };
  return decide(policyOf(list), question).verdict;
}

test('the index finds every rule that speaks of an effect', () => {
  fc.assert(
    fc.property(rules, names, effect, (list, groups, one) => {
      const index = new RuleIndex(list.map(compileRule), connection);
      const found = new Set(index.candidates(one, principal(groups)).map(({ order }) => order));
      const speaking = [...list.entries()].filter(
        ([, of]) =>
          matchesConnection(of, connection) &&
          matchesWho(of, principal(groups)) &&
          matchesAction(of, one.action) &&
          (of.resources ?? ['']).some((written) => {
            if (written === '') return true;
            const [on = '', ...rest] = written.split(':');
            const compiled = compilePattern(on, rest.join(':'));
            return atomsOf(one).some((atom) => speaksOf(compiled, atom, 'could'));
          }),
      );
      for (const [order] of speaking) expect(found).toContain(order);
    }),
    { numRuns: 3000 },
  );
});

test('a rule that denies or an effect more never loosens a decision, and no rule at all denies', () => {
  fc.assert(
    fc.property(
      rules,
      names,
      fc.array(effect, { minLength: 1, maxLength: 3 }),
      rule,
      effect,
      (list, groups, effects, more, another) => {
        const before = strictness[verdict(list, groups, effects)];
        // oxlint-disable-next-line unicorn/no-thenable -- as above
        const denying: Rule = { ...more, then: { verdict: 'deny' } };
        expect(strictness[verdict([...list, denying], groups, effects)]).toBeGreaterThanOrEqual(before);
        expect(strictness[verdict(list.toReversed(), groups, effects)]).toBe(before);
        expect(verdict([], groups, effects)).toBe('deny');
        const direct = another.via === undefined ? [...effects, another] : effects;
        if (before === strictness.deny && effects.every(({ via }) => via === undefined))
          expect(verdict(list, groups, direct)).toBe('deny');
      },
    ),
    { numRuns: 2000 },
  );
});
