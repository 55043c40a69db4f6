/** Who asks, and who votes. */
import { z } from 'zod';

/** A token calls (`agent`, `service`), votes (`person`), operates (`operator`) or reads (`auditor`): never two of these. */
export const tokenClasses = ['agent', 'service', 'person', 'operator', 'auditor'] as const;
/** What a token may do: call, vote, operate or read. */
export type TokenClass = (typeof tokenClasses)[number];

/** What a name may be made of: it stands in ids, logs and digests. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.@-]{0,63}$/, 'expected a name like support-bot (a-z 0-9 _ . @ -, at most 64)');

/** Who a token proves its bearer to be. */
export interface Principal {
  /** What its token may do. */
  readonly class: TokenClass;
  /** `agent:support`, `service:nightly`, `person:dana`, `operator:root`. */
  readonly id: string;
  /** The name alone, without its class: `support`. */
  readonly name: string;
  /** Those of its token. A person's votes count by the groups under `people`. */
  readonly groups: readonly string[];
  /** The account that proved it, for a person: `local:dana`. Votes count by the human it belongs to. */
  readonly account: string | null;
  /** The human who answers for an agent or service: an entry under `people`. */
  readonly owner: string | null;
  /** The human it acts for, from the verified token only: an entry under `people`. */
  readonly onBehalfOf: string | null;
  /** The id of the token or the session that proved it, where the gateway keeps one: what is revoked with it goes by this. */
  readonly credential?: string;
}
