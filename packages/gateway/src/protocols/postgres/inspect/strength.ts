/** Whether a login can do more than the calls it runs may need: what it can't do, no mistake can. */
import { type Finding, fine, problem, warning } from '@countersign/core';
import type { Session } from './session.ts';

const weaker = 'Make a role that owns nothing and is granted only what calls need, and put it into the URL.';

/** One finding for a login: the worst that it can do, with the rest beside it. */
export function strength({ label, forReads, facts }: Session): Finding {
  const { user, superuser, bypassesRowSecurity, reaches } = facts;
  if (superuser)
    return problem(
      'login.strength',
      `${label} (${user}) is a superuser${forReads ? ': calls on this connection are refused' : ': nothing at the server holds it back'}`,
      weaker,
    );
  if (reaches.length > 0)
    return problem(
      'login.strength',
      `${label} (${user}) may reach files or programs of the server (${reaches.join(', ')})`,
      `REVOKE ${reaches.join(', ')} FROM it.`,
    );
  const powers = [
    ...(bypassesRowSecurity ? ['bypasses row security'] : []),
    ...lesserPowers(facts, forReads),
  ];
  if (powers.length === 0)
    return fine('login.strength', `${label} (${user}) can do no more than it is granted`);
  const what = `${label} (${user}) ${listed(powers)}`;
  return bypassesRowSecurity && forReads
    ? problem('login.strength', what, weaker)
    : warning('login.strength', what, weaker);
}

function lesserPowers(facts: Session['facts'], forReads: boolean): readonly string[] {
  const { createsRoles, createsDatabases, replicates, owns, writes } = facts;
  return [
    ...(createsRoles ? ['may create roles'] : []),
    ...(createsDatabases ? ['may create databases'] : []),
    ...(replicates ? ['may replicate the whole server'] : []),
    ...(owns > 0 ? [`owns ${tables(owns)} (an owner can change, drop and disclose)`] : []),
    ...(forReads && writes > 0 ? [`may write to ${tables(writes)}, though it is for reads`] : []),
  ];
}

const tables = (count: number) => (count === 1 ? 'a table' : `${count} tables`);

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')}, and ${last}`;
}
