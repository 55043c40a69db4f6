/** Signing in again for one approval: what has to be asked for, and what comes of who came back. */
import { type ApprovalId, CountersignError } from '@countersign/core';
import type { Policy } from '@countersign/policy';
import type { Calls } from '../calls/calls.ts';
import { principalsOfSession } from './session-principals.ts';
import type { Session, Sessions } from './sessions.ts';
import type { ForApproval, SignedInPerson } from './sign-in.ts';

export interface FreshSignIns {
  /** @throws {CountersignError} `not_found`; `sign_in_failed` for an approval that asks for no sign-in. */
  asked(session: Session, id: ApprovalId): Promise<Omit<ForApproval, 'session'>>;
  /** @throws {CountersignError} `sign_in_failed` unless it is the session's own account that came back. */
  keep(account: string, fresh: NonNullable<SignedInPerson['fresh']>): Promise<void>;
}

export function createFreshSignIns(calls: Calls, sessions: Sessions, policy: () => Policy): FreshSignIns {
  return {
    asked: async (session, id) => {
      const person = principalsOfSession(policy(), session).find((one) => one.class === 'person');
      if (person === undefined) throw new CountersignError('wrong_actor');
      return calls.askedSignIn(person, id);
    },
    keep: async (account, { for: asked, ...proof }) => {
      const session = await sessions.ofId(asked.session);
      if (session === null) throw new CountersignError('sign_in_failed', { what: 'the session is over' });
      if (session.account !== account)
        throw new CountersignError('sign_in_failed', { what: 'another account came back than is signed in' });
      await calls.keepSignIn(session.id, asked, proof);
    },
  };
}
