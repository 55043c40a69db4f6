/** Whose account it is, and whether they may vote. */
import type { ErrorCode, Principal, Requirement, Role } from '@countersign/core';
import type { Person, Policy } from '../policy.ts';
import { compile } from './compiled-policy.ts';
import { type Human, isEligible } from './requirement.ts';

/** Whether an account is of somebody whose word is taken today: an issuer that left the file vouches for no one. */
export function isKnownAccount({ identity }: Policy, account: string): boolean {
  const issuer = /^oidc:([^#]*)#/.exec(account)?.[1];
  return issuer === undefined || identity.issuers.has(issuer);
}

/** The human an account belongs to; null for an account that nobody lists, or whose issuer left the file. */
export function humanOf(policy: Policy, account: string | null): Person | null {
  if (account === null || !isKnownAccount(policy, account)) return null;
  return compile(policy).personByAccount.get(account) ?? null;
}

/**
 * The human a vote of this principal counts for: the entry under `people` with their account, or, where policy lets
 * accounts of nobody vote, the account itself with the groups of its token. Null for everyone else.
 */
export function votingHuman(policy: Policy, principal: Principal): Human | null {
  if (principal.class !== 'person') return null;
  const human = humanOf(policy, principal.account);
  if (human !== null) return human;
  if (!policy.unmappedMayVote || principal.account === null) return null;
  if (!isKnownAccount(policy, principal.account)) return null;
  return { name: principal.account, groups: principal.groups };
}

/**
 * What an account may do that was proven by a sign-in: by the groups of its human under `people`, and by those that the
 * identity provider named. An auditor is nothing else.
 */
export function rolesOf(policy: Policy, account: string, groups: readonly string[]): readonly Role[] {
  const human = humanOf(policy, account);
  const theirs = new Set([...groups, ...(human?.groups ?? [])]);
  const { auditor, operator } = policy.identity.roles;
  if (auditor.some((group) => theirs.has(group))) return ['auditor'];
  return [
    ...(human !== null || policy.unmappedMayVote ? (['approver'] as const) : []),
    ...(operator.some((group) => theirs.has(group)) ? (['operator'] as const) : []),
  ];
}

/** Whose call is voted on. */
export interface Requester {
  /** The principal's id. */
  readonly id: string;
  /** The human who answers for it: an entry under `people`. */
  readonly owner: string | null;
  /** The human it acts for: an entry under `people`. */
  readonly onBehalfOf: string | null;
}

/** `yes`, or the code that says why not. */
export type MayVote = 'yes' | Extract<ErrorCode, 'not_eligible' | 'own_request' | 'unmapped_account'>;

/** Whether a principal may vote on a call: a person, with an account of their own, in a group asked, and not the requester. */
export function mayVote(
  policy: Policy,
  requirement: Requirement,
  voter: { readonly principal: Principal },
  requester: Requester,
): MayVote {
  const { principal } = voter;
  if (principal.class !== 'person') return 'not_eligible';
  const human = votingHuman(policy, principal);
  if (human === null) return 'unmapped_account';
  // An auditor looks at what others decide.
  if (rolesOf(policy, principal.account ?? '', principal.groups).includes('auditor')) return 'not_eligible';
  // An account that was nobody's when the call was made may be somebody's today.
  const requesters = [requester.owner, requester.onBehalfOf].flatMap((name) => [
    name,
    humanOf(policy, name)?.name ?? null,
  ]);
  const themselves = [human.name, principal.account, principal.name];
  if (requester.id === principal.id || themselves.some((name) => name !== null && requesters.includes(name)))
    return 'own_request';
  return requirement.asks.some((ask) => isEligible(ask, human)) ? 'yes' : 'not_eligible';
}
