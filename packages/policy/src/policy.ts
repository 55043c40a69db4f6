/** A policy, as loaded from `countersign.yaml`: plain frozen data. */
import type { Action, Binding, DetectorName, MaskKind, ProtocolName } from '@countersign/core';
import type { Identity } from './identity.ts';

/** How much a connection's calls may bring back, and how often people may be asked. */
export interface Limits {
  /** Rows a result may have before it is cut; default 1000. */
  readonly rows: number;
  /** Bytes of cell text a result may have before it is cut; default 1 MB. */
  readonly bytes: number;
  /** Milliseconds an execution may take; default 30 000. */
  readonly timeoutMs: number;
  /** Milliseconds a rejection is remembered; default one hour. */
  readonly rejectionMemoryMs: number;
  /** Calls of one principal that may wait at once; default 20. */
  readonly waitingPerPrincipal: number;
  /** Calls that may wait for one approver group at once; default 200. */
  readonly waitingPerGroup: number;
  /** Asks a principal may raise in an hour; default 60. */
  readonly asksPerHour: number;
}

/** A human: the groups they are in and the accounts that are theirs. */
export interface Person {
  /** The key under `people`. */
  readonly name: string;
  readonly groups: readonly string[];
  /** As tokens prove them: `local:dana`. */
  readonly accounts: readonly string[];
}

/** What narrows a rule or a mask: all keys have to match, of a list any item. An absent key means every one. */
export interface Scope {
  readonly who?: { readonly groups?: readonly string[]; readonly principals?: readonly string[] };
  readonly connections?: {
    readonly names?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly protocols?: readonly ProtocolName[];
  };
  readonly actions?: readonly Action[];
  /** Patterns: `*` within a segment, `**` across. */
  readonly resources?: readonly string[];
}

/** What a rule that asks wants. */
export interface AskRule {
  /** Groups under `people`; a member of any of them may vote. */
  readonly approvers: readonly string[];
  /** How many distinct humans have to approve; default 1. */
  readonly votes: number;
  /** Milliseconds from creation; default one hour. */
  readonly voteWithinMs: number;
  /** Milliseconds from the deciding vote; default ten minutes. */
  readonly startWithinMs: number;
  /** Milliseconds before the vote's clock is out that those who were asked are reminded; default a quarter of it. */
  readonly remindMs?: number;
  /** Whether an approval has to say why. */
  readonly reason: boolean;
  /** Milliseconds within which who approves has to have signed in for this very approval. */
  readonly freshMs?: number;
  /** What of a measured effect is committed only as it was shown; default `exact`. */
  readonly bind?: Binding;
  /** Rows by which each count may differ from what was shown; default 0. */
  readonly tolerance?: number;
}

/** What the number of rows a call changes has to be. */
export interface RowsCondition {
  readonly is: '>' | '>=' | '<' | '<=' | '=';
  readonly rows: number;
}

/** What a rule that matches does. */
export type Consequence =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'deny' }
  | { readonly verdict: 'ask'; readonly ask: AskRule };

/** A rule: what it speaks of, and what it does. */
export interface Rule extends Scope {
  /** For people and the record; where the file gives none, its place: `rules[0]`. */
  readonly name: string;
  /** What the rule does not speak of. */
  readonly except?: Scope;
  /** For which numbers of rows it holds; of any, where it is absent. */
  readonly when?: RowsCondition;
  /** What it does where it matches. */
  readonly then: Consequence;
  /** For the model, with a denial by this rule. */
  readonly message?: string;
}

/** A mask: what it hides, where, and how. */
export interface MaskRule extends Scope {
  /** `masks[0]` or its domain's name, for approvers and operators. */
  readonly name: string;
  /** What the mask does not hide. */
  readonly except?: Scope;
  /** Column patterns as written, `public.customers.ssn` or `*.*.card_number`. */
  readonly columns?: readonly string[];
  /** Detectors, groups spelled out. */
  readonly detect?: readonly DetectorName[];
  /** The detectors as the file names them. */
  readonly detectNames?: readonly string[];
  /** JSON paths as written: `$.customer.email`. */
  readonly jsonPaths?: readonly string[];
  /** How it hides. */
  readonly with: MaskKind;
  /** What using a masked column in WHERE, ORDER BY, GROUP BY, a join or an aggregate does. */
  readonly filter: Consequence;
  /** Hashes and tokens of one domain can be compared with each other. */
  readonly domain: string;
  /** Whether a token that is written to a column of the same domain is put back to its value. */
  readonly restore?: boolean;
}

/** A connection of the file, its own limits filled in. */
export interface ConnectionConfig {
  /** The key under `connections`. */
  readonly name: string;
  readonly protocol: ProtocolName;
  /** What rules may narrow by. */
  readonly labels: Readonly<Record<string, string>>;
  /** The file's, overridden by its own. */
  readonly limits: Limits;
  /** Whether `countersign run --as` may use it: a target made to be thrown away. */
  readonly throwaway: boolean;
  /**
   * The protocol's own keys as the file spells them, `${VAR}` filled in, paths absolute, durations in milliseconds.
   * Holds credentials: never logged, never in an error.
   */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Where the gateway listens and what it keeps. */
export interface ServerConfig {
  /** `127.0.0.1:7400` */
  readonly listen: { readonly host: string; readonly port: number };
  /** The data folder, absolute. */
  readonly data: string;
  /** Where calls, votes and the ledger are kept. A URL holds a credential. */
  readonly store: { readonly kind: 'embedded' } | { readonly kind: 'postgres'; readonly url: string };
  /** Paths of PEM files, absolute; null for plain http. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Whether an operator's token stands in `gateway.json`. */
  readonly localOperator: boolean;
}

/** The rules, masks, limits and people in force. */
export interface Policy {
  /** SHA-256 over the rules, masks, limits, people and the connections' names, protocols and labels, before `${VAR}` is filled in. */
  readonly version: string;
  readonly rules: readonly Rule[];
  readonly masks: readonly MaskRule[];
  readonly limits: Limits;
  /** By name. */
  readonly people: ReadonlyMap<string, Person>;
  /**
   * Whether an account that is nobody's may vote, with the groups of its token. Who stands behind such an account is
   * not known, so it can be a second one of someone who voted, or of the requester.
   */
  readonly unmappedMayVote: boolean;
  /** Whose word is taken for who somebody is, and which groups give a role. */
  readonly identity: Identity;
}

/** What a webhook can be told. */
export const webhookEvents = ['asked', 'reminded', 'decided', 'stopped', 'incident'] as const;
/** What a webhook can be told. */
export type WebhookEvent = (typeof webhookEvents)[number];

/** Whom the gateway tells what happens. Holds a credential: never logged, never in an error. */
export interface WebhookConfig {
  /** The key under `webhooks`. */
  readonly name: string;
  /** https, or http on this machine. May hold a credential in its path. */
  readonly url: string;
  /** The key of its signatures, base64. */
  readonly secret: string;
  readonly events: readonly WebhookEvent[];
  /** Addresses beside the public ones that its name may lead to. */
  readonly allowAddresses: readonly string[];
}

/** A whole `countersign.yaml`. */
export interface LoadedFile {
  readonly policy: Policy;
  readonly server: ServerConfig;
  /** By name. */
  readonly connections: ReadonlyMap<string, ConnectionConfig>;
  /** By name. */
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
  /** What is odd and yet valid, a line each, with its place. */
  readonly warnings: readonly string[];
  /** The file as it was read, before `${VAR}` is filled in. */
  readonly text: string;
}
