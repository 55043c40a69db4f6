/** What the routes work with. */
import type { PolicyView, ProtocolName } from '@countersign/core';
import type { Policy } from '@countersign/policy';
import type { Calls } from '../calls/calls.ts';
import type { Log } from '../calls/room.ts';
import type { Address } from '../identity/address.ts';
import type { FreshSignIns } from '../identity/fresh-sign-ins.ts';
import type { LocalTokens } from '../identity/local-tokens.ts';
import type { Sessions } from '../identity/sessions.ts';
import type { SignIns } from '../identity/sign-in.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ParkedRuns } from '../runs/parked-runs.ts';
import type { EventStreams } from './event-streams.ts';

/** What the routes by which people sign in work with. */
export interface SessionParts {
  readonly sessions: Sessions;
  readonly policyNow: () => Policy;
  readonly address: () => Address;
}

/** What signing in works with. */
export interface SignInParts extends SessionParts {
  readonly signIns: SignIns;
  readonly fresh: FreshSignIns;
}

export interface Parts {
  readonly calls: Calls;
  readonly streams: EventStreams;
  readonly parkedRuns: ParkedRuns;
  readonly tokens: LocalTokens;
  readonly ledger: Ledger;
  readonly policy: { view(): PolicyView; reload(by: string): Promise<PolicyView> };
  readonly policyNow: () => Policy;
  readonly connections: () => readonly { readonly name: string; readonly protocol: ProtocolName }[];
  /** Throws while the gateway can't decide. */
  readonly ready: () => Promise<void>;
  readonly log: Log;
}
