/** What the operations on calls share: one gateway's parts, handed to each of them. */
import { type CallId, unknownConnection } from '@countersign/core';
import type { ConnectionConfig, Policy, WebhookConfig } from '@countersign/policy';
import type { LRUCache } from 'lru-cache';
import type { Ledger } from '../ledger/ledger.ts';
import type { MakeMasker } from '../masking/masker.ts';
import type { Target } from '../protocols/protocol.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CallRow } from '../store/call-row.ts';
import type { Database } from '../store/store.ts';
import type { LookLimit } from './look-limit.ts';
import type { Matched } from './matched.ts';
import type { RecordCache } from './record.ts';
import type { Running } from './running.ts';
import type { StopBoard } from './stop-board.ts';
import type { Texts } from './texts.ts';
import type { Waiters } from './waiters.ts';

export interface Connected {
  readonly config: ConnectionConfig;
  readonly target: Target;
}

/** Policy and connections as they are now; a reload replaces them at once. */
export interface Current {
  readonly policy: Policy;
  readonly connections: ReadonlyMap<string, Connected>;
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}

/** Structured, and never with data: ids, codes and counts only. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface Room {
  readonly db: Database;
  readonly ledger: Ledger;
  current(): Current;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly waiters: Waiters;
  readonly running: Running;
  readonly stops: StopBoard;
  readonly records: RecordCache;
  readonly texts: Texts;
  /** How often each rule decided. */
  readonly matched: Matched;
  /** Calls allowed of late, as they then stood: most are executed at once, and need not be looked up. */
  readonly allowed: LRUCache<CallId, CallRow>;
  /** Looks at each connection, one after the other. */
  readonly looks: LookLimit;
  /** Drops what is remembered of the store: it is not the one it was. */
  forget(): void;
  /** Aborted when the gateway ends: what goes on in the background stops. */
  readonly ending: AbortSignal;
  /** Milliseconds after which who waits looks by itself: calls may move at another gateway of the same store. */
  readonly lookAgainMs: number;
  /** This gateway process; a claim carries it. */
  readonly instance: string;
  readonly makeMasker: MakeMasker;
  /** Keys the HMACs of masks. */
  readonly maskSecret: Uint8Array;
}

/** @throws {CountersignError} `unknown_connection`. */
export function connectionOf(room: Pick<Room, 'current'>, name: string): Connected {
  const { connections } = room.current();
  const connected = connections.get(name);
  if (connected === undefined) throw unknownConnection(name, [...connections.keys()]);
  return connected;
}
