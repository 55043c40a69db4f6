/** Whether those who are asked can answer: people in the groups, with accounts to vote with, and enough of them. */
import { type Finding, fine, problem, warning } from '@countersign/core';
import type { AskRule, Consequence, LoadedFile, Policy } from '../policy.ts';

/** Each ask that can't be answered as things are, then each person who can't vote. */
export function reviewApprovers({ policy }: LoadedFile): readonly Finding[] {
  const asks = [
    ...policy.rules.flatMap(({ name, then }) => askOf(`rule "${name}"`, then)),
    ...policy.masks.flatMap(({ name, filter }) => askOf(`the filter of mask "${name}"`, filter)),
  ];
  const found = [...asks.flatMap(({ by, ask }) => reviewAsk(policy, by, ask)), ...withoutAccounts(policy)];
  if (found.length > 0 || asks.length === 0) return found;
  return [fine('ask.approvers', 'every ask has people who can answer it')];
}

const askOf = (by: string, then: Consequence) => (then.verdict === 'ask' ? [{ by, ask: then.ask }] : []);

function reviewAsk(policy: Policy, by: string, { approvers, votes }: AskRule): readonly Finding[] {
  if (policy.unmappedMayVote) return [];
  const groups = approvers.join(', ');
  const voters = [...policy.people.values()].filter(
    ({ accounts, groups: own }) => accounts.length > 0 && own.some((group) => approvers.includes(group)),
  );
  if (voters.length < votes)
    return [
      problem(
        'ask.approvers',
        `${by} asks for ${counted(votes, 'vote')} of ${groups}, where ${voters.length === 0 ? 'nobody' : `only ${voters.length}`} can vote: what it asks for always expires`,
        'Put people with accounts into the group under "people".',
      ),
    ];
  return [];
}

function withoutAccounts({ people, unmappedMayVote }: Policy): readonly Finding[] {
  if (unmappedMayVote) return [];
  return [...people.values()]
    .filter(({ accounts, groups }) => accounts.length === 0 && groups.length > 0)
    .map(({ name }) =>
      warning(
        'person.accounts',
        `${name} has no account, so ${name} can't vote`,
        `List one: people.${name}.accounts: ["local:${name}"].`,
      ),
    );
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
