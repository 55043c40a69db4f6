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
import { LRUCache } from 'lru-cache';
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

/** Records of late: a call is executed soon after it was submitted. They never change. */
export type RecordCache = LRUCache<EventId, CallRecord>;

/** Characters of records kept; a record is about as long as its input. */
const cachedCharacters = 32 * 1024 * 1024;

export function createRecordCache(): RecordCache {
  return new LRUCache({
    maxSize: cachedCharacters,
    sizeCalculation: (record) => 2000 + JSON.stringify(record.input).length,
  });
}

export function writeRecord(record: CallRecord): string {
  return JSON.stringify(record);
}

/** @throws {CountersignError} `not_found` once it was erased. */
export async function readRecord(room: Room, event: EventId): Promise<CallRecord> {
  const cached = room.records.get(event);
  if (cached !== undefined) return cached;
  const opened = await room.ledger.open(event, recordName);
  if (opened === null)
    throw new CountersignError('not_found', { what: 'the record of this call was erased' });
  const record = JSON.parse(opened.content) as CallRecord;
  room.records.set(event, record);
  return record;
}

/** A record as JSON for digests and commitments. */
export function asJson(value: unknown): Json {
  return value as Json;
}
