/** The record of a call: what was asked and how it was judged, kept sealed beside its first event. */
import {
  type CallInput,
  CountersignError,
  type Effect,
  type EventId,
  type Json,
  type Lineage,
  type Verdict,
} from '@countersign/core';
import type { Room } from './room.ts';

export interface CallRecord {
  /** The raw input, as it came: what the input digest covers, and what runs. */
  readonly input: CallInput;
  readonly purpose: string | null;
  readonly verdict: Verdict;
  /** For people: which effect, which rule. */
  readonly detail: string;
  /** For the model, with a denial; null where the code says it all. */
  readonly message: string | null;
  readonly rules: readonly string[];
  readonly effects: readonly Effect[];
  readonly lineage: Lineage | null;
}

export const recordName = 'record';

export function writeRecord(record: CallRecord): string {
  return JSON.stringify(record);
}

/** @throws {CountersignError} `not_found` once it was erased. */
export async function readRecord(room: Room, event: EventId): Promise<CallRecord> {
  const opened = await room.ledger.open(event, recordName);
  if (opened === null)
    throw new CountersignError('not_found', { what: 'the record of this call was erased' });
  return JSON.parse(opened.content) as CallRecord;
}

/** A record as JSON for digests and commitments. */
export function asJson(value: unknown): Json {
  return value as Json;
}
