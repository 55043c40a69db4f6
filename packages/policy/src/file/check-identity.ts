/** What of `identity` and `people` doesn't fit together: no mistake that lets anybody in, and one that keeps somebody out. */
import type { Identity } from '../identity.ts';
import type { Person } from '../policy.ts';
import type { Report } from './report.ts';
import type { Position, Tree } from './tree.ts';

/** Warns of clients without an owner, and of accounts that no issuer vouches for. */
export function checkIdentity(
  file: Tree,
  { issuers }: Identity,
  people: ReadonlyMap<string, Person>,
  report: Report,
): void {
  const at = (section: string): Position =>
    (file.kind === 'map' ? file.entries.get(section)?.at : undefined) ?? file.at;
  for (const { tokens } of issuers.values())
    for (const [client, { owner }] of tokens?.clients ?? [])
      if (owner !== null && !people.has(owner))
        report.warning(
          at('identity'),
          `the owner of ${client}, ${owner}, is nobody under people: it is refused`,
        );
  for (const { name, accounts } of people.values())
    for (const account of accounts) {
      const issuer = /^oidc:([^#]*)#./.exec(account)?.[1];
      if (account.startsWith('oidc:') && (issuer === undefined || !issuers.has(issuer)))
        report.warning(
          at('people'),
          `the account ${account} of ${name} is of no issuer under identity.issuers; it has the form oidc:ISSUER#SUBJECT, letter by letter as the provider says them`,
        );
    }
}
