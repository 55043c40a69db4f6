/** What a token is minted for, against the policy: a name that the policy does not know is minted, and does nothing. */
import { nearest, type TokenClass } from '@countersign/core';
import { matchesWho } from '../decide/compiled-scope.ts';
import { humanOf } from '../decide/people.ts';
import type { Consequence, MaskRule, Policy, Rule } from '../policy.ts';

/** Whom a token is for. */
export interface TokenHolder {
  /** What it may do. */
  readonly class: TokenClass;
  /** Without its class: `support`. */
  readonly name: string;
  readonly groups: readonly string[];
  /** Who answers for it; null for a person. */
  readonly owner: string | null;
  /** Whom it acts for. */
  readonly onBehalfOf: string | null;
}

/** What in a token means nothing to the policy, one sentence each, with the nearest right name. Empty where all is known. */
export function reviewToken(policy: Policy, holder: TokenHolder): readonly string[] {
  switch (holder.class) {
    case 'agent':
    case 'service':
      return [
        ...reviewGroups(policy, holder),
        ...reviewRules(policy, holder),
        ...reviewHumans(policy, holder),
      ];
    case 'person':
      return reviewVoter(policy, holder.name);
    case 'operator':
    case 'auditor':
      return [];
  }
}

function reviewGroups(policy: Policy, { groups }: TokenHolder): readonly string[] {
  const named = [...policy.rules, ...policy.masks].flatMap(({ who, except }: Rule | MaskRule) => [
    ...(who?.groups ?? []),
    ...(except?.who?.groups ?? []),
  ]);
  return groups
    .filter((group) => !named.includes(group))
    .map((group) => `no rule and no mask names the group ${group}${guess(group, named)}`);
}

function reviewRules(policy: Policy, { class: kind, name, groups }: TokenHolder): readonly string[] {
  const id = `${kind}:${name}`;
  const some = policy.rules.some((rule) => rule.then.verdict !== 'deny' && matchesWho(rule, { id, groups }));
  const those = groups.length === 0 ? 'without a group' : `in ${groups.join(', ')}`;
  return some ? [] : [`no rule allows ${id}, ${those}, anything: every call of it is denied`];
}

function reviewHumans({ people }: Policy, { owner, onBehalfOf }: TokenHolder): readonly string[] {
  const named = [
    ['owner', owner],
    ['on-behalf-of', onBehalfOf],
  ] as const;
  return named.flatMap(([what, name]) =>
    name === null || people.has(name)
      ? []
      : [
          `nobody under people is called ${name}, the ${what}: who is meant is not kept from voting on its calls${guess(name, [...people.keys()])}`,
        ],
  );
}

function reviewVoter(policy: Policy, name: string): readonly string[] {
  if (policy.unmappedMayVote) return [];
  const human = humanOf(policy, `local:${name}`);
  if (human === null) {
    const accounts = [...policy.people.values()].flatMap((person) => person.accounts);
    const local = accounts
      .filter((account) => account.startsWith('local:'))
      .map((account) => account.slice(6));
    return [`nobody under people has the account local:${name}: the token can't vote${guess(name, local)}`];
  }
  const asked = [...policy.rules.map(({ then }) => then), ...policy.masks.map(({ filter }) => filter)];
  const approvers = asked.flatMap((then: Consequence) => (then.verdict === 'ask' ? then.ask.approvers : []));
  if (human.groups.some((group) => approvers.includes(group))) return [];
  const those = human.groups.length === 0 ? 'is in no group' : `is in ${human.groups.join(', ')}`;
  return [`${human.name} ${those}, and no rule has such approvers: nothing will wait for ${human.name}`];
}

function guess(word: string, words: readonly string[]): string {
  const near = nearest(word, words);
  return near === null ? '' : `; did you mean ${near}?`;
}
