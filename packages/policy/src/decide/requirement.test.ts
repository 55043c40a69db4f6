import type { Ask, Principal, Requirement } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { load } from '../file/testing/load.ts';
import { humanOf, mayVote, votingHuman } from './people.ts';
import { countedFor, type Human, isEligible, requirementMet } from './requirement.ts';

const ask = (votes: number, ...approvers: string[]): Ask => ({
  approvers,
  votes,
  reason: false,
  rules: ['r'],
});
const asks = (...list: Ask[]): Requirement => ({ asks: list, voteWithinMs: 1, startWithinMs: 1 });
const human = (name: string, ...groups: string[]): Human => ({ name, groups });

describe('never 20: people count, not groups', () => {
  test('one person in two groups counts for one ask only', () => {
    const both = asks(ask(1, 'dba'), ask(1, 'security'));
    const dana = human('dana', 'dba', 'security');
    expect(requirementMet(both, [dana])).toBe(false);
    expect(requirementMet(both, [dana, dana])).toBe(false);
    expect(requirementMet(both, [dana, human('erin', 'dba')])).toBe(true);
  });

  test('people are assigned in the way that works, whoever voted first', () => {
    const needed = asks(ask(1, 'dba', 'security'), ask(1, 'dba'), ask(1, 'security'));
    const people = [human('a', 'dba', 'security'), human('b', 'dba', 'security'), human('c', 'security')];
    expect(requirementMet(needed, people)).toBe(true);
    expect(requirementMet(needed, people.toReversed())).toBe(true);
    expect(requirementMet(needed, people.slice(0, 2))).toBe(false);
  });

  test('more people than needed do not leave it stuck', () => {
    const people = ['a', 'b', 'c', 'd'].map((name) => human(name, 'dba'));
    expect(requirementMet(asks(ask(2, 'dba')), people)).toBe(true);
  });

  test('nobody, and a requirement that requires nothing, never agree', () => {
    expect(requirementMet(asks(ask(1, 'dba')), [])).toBe(false);
    expect(requirementMet(asks(), [human('a', 'dba')])).toBe(false);
    expect(requirementMet(asks(ask(0, 'dba')), [human('a', 'dba')])).toBe(false);
    expect(requirementMet(asks(ask(Number.NaN, 'dba')), [human('a', 'dba')])).toBe(false);
  });

  test('it agrees with trying every assignment', () => {
    const groups = fc.subarray(['a', 'b', 'c']);
    const anyAsk = fc
      .tuple(fc.integer({ min: 1, max: 2 }), groups)
      .map(([votes, names]) => ask(votes, ...names));
    const anyHumans = fc
      .array(groups, { maxLength: 5 })
      .map((all) => all.map((names, i) => human(`h${i}`, ...names)));
    const tryAll = (slots: readonly Ask[], humans: readonly Human[]): boolean => {
      const [first, ...rest] = slots;
      if (first === undefined) return true;
      return humans.some(
        (one, i) =>
          isEligible(first, one) &&
          tryAll(
            rest,
            humans.filter((_, j) => j !== i),
          ),
      );
    };
    fc.assert(
      fc.property(fc.array(anyAsk, { minLength: 1, maxLength: 3 }), anyHumans, (list, humans) => {
        const slots = list.flatMap((one) => Array.from({ length: one.votes }, () => one));
        expect(requirementMet(asks(...list), humans)).toBe(tryAll(slots, humans));
        const counted = countedFor(asks(...list), humans);
        const names = counted.flat();
        expect(new Set(names).size).toBe(names.length);
        for (const [index, one] of list.entries()) {
          expect(counted[index]?.length).toBeLessThanOrEqual(one.votes);
          for (const name of counted[index] ?? [])
            expect(isEligible(one, humans.find((human) => human.name === name) as Human)).toBe(true);
        }
      }),
    );
  });
});

const { policy } = load(`version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana", "oidc:dana"] }
  erin: { groups: [dba], accounts: ["local:erin"] }
  olivia: { groups: [support], accounts: ["local:olivia"] }
`);
const open = { ...policy, unmappedMayVote: true };
const person = (
  name: string,
  account: string | null = `local:${name}`,
  groups: string[] = [],
): Principal => ({
  class: 'person',
  id: `person:${name}`,
  name,
  groups,
  account,
  owner: null,
  onBehalfOf: null,
});
const dba = asks(ask(1, 'dba'));
const requester = { id: 'agent:support', owner: 'dana', onBehalfOf: null };

describe('who may vote', () => {
  test('a human of a group asked', () => {
    expect(mayVote(policy, dba, { principal: person('erin') }, requester)).toBe('yes');
    expect(mayVote(policy, dba, { principal: person('olivia') }, requester)).toBe('not_eligible');
    expect(humanOf(policy, 'oidc:dana')?.name).toBe('dana');
    expect(humanOf(policy, '__proto__')).toBeNull();
  });

  test('never 21: not the owner, nor the one it acts for, with any of their accounts', () => {
    for (const account of ['local:dana', 'oidc:dana']) {
      expect(mayVote(policy, dba, { principal: person('dana', account) }, requester)).toBe('own_request');
      expect(
        mayVote(
          policy,
          dba,
          { principal: person('x', account) },
          { ...requester, owner: null, onBehalfOf: 'dana' },
        ),
      ).toBe('own_request');
    }
    expect(mayVote(policy, dba, { principal: person('erin') }, { ...requester, id: 'person:erin' })).toBe(
      'own_request',
    );
    expect(
      mayVote(open, dba, { principal: person('zoe', 'local:zoe', ['dba']) }, { ...requester, owner: 'zoe' }),
    ).toBe('own_request');
    expect(
      mayVote(
        open,
        dba,
        { principal: person('zoe', 'local:zoe', ['dba']) },
        { ...requester, owner: 'local:zoe' },
      ),
    ).toBe('own_request');
  });

  test('never 52: an account or a group that only looks the same is another', () => {
    expect(humanOf(policy, 'local:d\u0430na')).toBeNull();
    const zoe = person('zoe', 'local:zoe', ['db\u0430']);
    expect(mayVote(open, dba, { principal: zoe }, requester)).toBe('not_eligible');
  });

  test('never 25: no agent, service or operator', () => {
    for (const className of ['agent', 'service', 'operator'] as const)
      expect(mayVote(open, dba, { principal: { ...person('erin'), class: className } }, requester)).toBe(
        'not_eligible',
      );
  });

  test('an account of nobody only where policy lets it, with the groups of its token', () => {
    const zoe = person('zoe', 'local:zoe', ['dba']);
    expect(mayVote(policy, dba, { principal: zoe }, requester)).toBe('unmapped_account');
    expect(mayVote(policy, dba, { principal: person('erin', null) }, requester)).toBe('unmapped_account');
    expect(mayVote(open, dba, { principal: zoe }, requester)).toBe('yes');
    expect(votingHuman(open, zoe)).toEqual({ name: 'local:zoe', groups: ['dba'] });
  });

  test('a mapped human has the groups of the file, whatever the token says', () => {
    expect(mayVote(policy, dba, { principal: person('olivia', 'local:olivia', ['dba']) }, requester)).toBe(
      'not_eligible',
    );
  });
});
