/** One login of a connection and what it told. */
import type { SessionFacts } from './session-facts.ts';

export interface Session {
  /** How findings call it: `the login`, `logins.read`. */
  readonly label: string;
  /** Whether it is one for reads only, which has to be weak. */
  readonly forReads: boolean;
  readonly facts: SessionFacts;
}
