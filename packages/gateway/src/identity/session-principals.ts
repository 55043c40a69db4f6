/** Whom a session stands for, by the policy in force: a role that was taken away is gone with the next request. */
import type { Principal, Role, SessionView } from '@countersign/core';
import { humanOf, type Policy, rolesOf } from '@countersign/policy';
import type { Session } from './sessions.ts';

const classOf = { approver: 'person', operator: 'operator', auditor: 'auditor' } as const satisfies Record<
  Role,
  Principal['class']
>;

/**
 * One principal for each role, because a route is for one class. Who has no role is a person still, who sees what is
 * theirs and can't vote.
 */
export function principalsOfSession(policy: Policy, { id, account, groups }: Session): readonly Principal[] {
  const name = humanOf(policy, account)?.name ?? account;
  const classes = new Set(rolesOf(policy, account, groups).map((role) => classOf[role]));
  if (!classes.has('auditor')) classes.add('person');
  return [...classes].map((one) =>
    Object.freeze({
      class: one,
      id: `${one}:${name}`,
      name,
      groups,
      account,
      owner: null,
      onBehalfOf: null,
      credential: id,
    }),
  );
}

export function sessionView(policy: Policy, session: Session): SessionView {
  const { id, account, csrf, createdAt, idleUntil, expiresAt } = session;
  const human = humanOf(policy, account);
  return {
    id,
    person: human?.name ?? null,
    account,
    groups: [...(human?.groups ?? session.groups)],
    roles: [...rolesOf(policy, account, session.groups)],
    csrf,
    signed_in_at: createdAt.toISOString(),
    idle_until: idleUntil.toISOString(),
    expires_at: expiresAt.toISOString(),
  };
}
