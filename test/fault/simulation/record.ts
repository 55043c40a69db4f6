/** A story's record, as it is verified and judged: the ledger's events in their order, the calls as they ended. */
import { eventSchema, type LedgerEvent, type SignedHead } from '@countersign/core';
import { type Keys, verifyLedger } from '@countersign/gateway';
import type { SharedStore } from './store.ts';

export interface CallAtEnd {
  readonly id: string;
  readonly state: string;
  readonly writes: boolean;
  readonly owner: string | null;
  readonly on_behalf_of: string | null;
  readonly principal: string;
  readonly connection: string;
  readonly start_within_ms: number;
  readonly epoch: number;
}

export interface StoryRecord {
  /** The exported form, without what was said. */
  readonly lines: readonly string[];
  readonly events: readonly LedgerEvent[];
  readonly calls: readonly CallAtEnd[];
}

/** A text in an event's data; empty where there is none. */
export function textIn({ data }: LedgerEvent, name: string): string {
  const value = data[name];
  return typeof value === 'string' ? value : '';
}

/** Reads the record from the store itself, and has the ledger verified as anyone could. */
export async function readRecord(
  store: SharedStore,
  keys: Keys,
  violated: (what: string) => void,
): Promise<StoryRecord> {
  const rows = store.look('select index::float8 as index, bytes from events order by index nulls last') as {
    readonly index: number | null;
    readonly bytes: string;
  }[];
  const [head] = store.look(
    'select size::float8 as size, root, at, key, signature from heads order by heads.size desc limit 1',
  ) as unknown as readonly SignedHead[];
  if (rows.some(({ index }) => index === null)) violated('an event has no place in the ledger');
  const lines = [
    ...rows.map(({ index, bytes }) => JSON.stringify({ index, event: bytes })),
    JSON.stringify({ head }),
  ];
  const verification = await verifyLedger(lines, { publicKey: keys.publicKeyPem });
  if (verification.verdict !== 'consistent') violated(`the ledger: ${verification.reason}`);
  const calls = store.look(
    'select id, state, writes, owner, on_behalf_of, principal, connection, start_within_ms::float8 as start_within_ms, epoch::float8 as epoch from calls order by created_at, id',
  ) as unknown as readonly CallAtEnd[];
  return { lines, events: rows.map(({ bytes }) => eventSchema.parse(JSON.parse(bytes))), calls };
}
