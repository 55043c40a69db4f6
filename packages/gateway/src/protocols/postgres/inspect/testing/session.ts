/** For tests: a session of a weak login on a local server, but for what is said otherwise. */
import type { Session } from '../session.ts';
import type { SessionFacts } from '../session-facts.ts';

export function sessionWith(
  facts: Partial<SessionFacts> = {},
  session: Partial<Omit<Session, 'facts'>> = {},
): Session {
  return {
    label: 'the login',
    forReads: false,
    ...session,
    facts: {
      user: 'agent',
      version: 180_004,
      release: '18.4 (Debian 18.4-1)',
      superuser: false,
      bypassesRowSecurity: false,
      createsRoles: false,
      createsDatabases: false,
      replicates: false,
      reaches: [],
      owns: 0,
      writes: 0,
      searchPath: ['pg_catalog', 'public'],
      openSchemas: [],
      timeouts: {},
      standby: false,
      backend: 1,
      clock: { theirs: 0, before: 0, after: 0 },
      way: { encryption: 'none', remote: false },
      direct: true,
      ...facts,
    },
  };
}
