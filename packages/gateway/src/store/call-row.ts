/** A call as the store holds it. */
import type {
  ApprovalDigest,
  ApprovalId,
  CallId,
  CallState,
  DecisionCode,
  EventId,
  InputDigest,
  Json,
  ProtocolName,
  Ran,
  Requirement,
} from '@countersign/core';
import { sql } from 'kysely';

export interface CallRow {
  readonly id: CallId;
  readonly principal: string;
  readonly on_behalf_of: string | null;
  readonly owner: string | null;
  readonly run: string;
  readonly run_id: string;
  readonly tool: string;
  readonly call: string;
  readonly connection: string;
  readonly protocol: ProtocolName;
  readonly input_digest: InputDigest;
  readonly input_key: string;
  readonly effect_key: string;
  readonly writes: boolean;
  readonly state: CallState;
  readonly code: DecisionCode;
  readonly record_event: EventId;
  readonly created_at: Date;
  readonly vote_by: Date | null;
  readonly start_within_ms: number;
  readonly start_by: Date | null;
  readonly owner_instance: string | null;
  readonly epoch: number;
  readonly evidence: Json;
  readonly ran: Ran | null;
  readonly result_event: EventId | null;
  readonly finished_at: Date | null;
  /** Of the call's approval, where it has one. */
  readonly approval_id: ApprovalId | null;
  readonly approval_digest: ApprovalDigest | null;
  readonly requirement: Requirement | null;
  readonly preview_event: EventId | null;
}

/** The columns of {@link CallRow}, from `calls c left join approvals a`. */
export const callColumns = sql.raw(`
  c.id, c.principal, c.on_behalf_of, c.owner, c.run, c.run_id, c.tool, c.call, c.connection, c.protocol, c.input_digest,
  c.input_key, c.effect_key, c.writes, c.state, c.code, c.record_event, c.created_at, c.vote_by,
  c.start_within_ms::float8 as start_within_ms, c.start_by, c.owner_instance, c.epoch::float8 as epoch, c.evidence, c.ran,
  c.result_event, c.finished_at, a.id as approval_id, a.digest as approval_digest, a.requirement, a.preview_event`);
