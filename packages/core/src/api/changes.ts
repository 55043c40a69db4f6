/** Changes as they happen, as server-sent events: `GET /v1/approvals/events` for people, `GET /v1/calls/events` for agents. */
import { z } from 'zod';
import { callStateSchema } from '../call.ts';
import { approvalIdSchema, callIdSchema, runIdSchema, stopIdSchema } from '../ids.ts';

/** What can change. */
export const changeTypes = [
  'asked',
  'voted',
  'commented',
  'reminded',
  'decided',
  'expired',
  'cancelled',
  'finished',
  'stopped',
  'lifted',
] as const;
/** The kind of a change. */
export type ChangeType = (typeof changeTypes)[number];

/** One change, as an event of its type's name. It says what changed, not what it says now: that is read where it stands. */
export const changeSchema = z.strictObject({
  /** Its place in the record. A stream goes on after the one that `Last-Event-ID` names. */
  index: z.number().int().min(0),
  at: z.iso.datetime(),
  type: z.enum(changeTypes),
  approval: approvalIdSchema.nullable(),
  call: callIdSchema.nullable(),
  run: runIdSchema.nullable(),
  /** The state that the call has now. */
  state: callStateSchema.nullable(),
  /** Of `stopped` and `lifted`. */
  stop: stopIdSchema.nullable(),
});
/** One change. */
export type Change = z.infer<typeof changeSchema>;

/**
 * The first event of a stream: `event: ready`. With `missed`, the stream begins later than it was asked to, because too
 * much has changed since: everything has to be read anew.
 */
export const streamReadySchema = z.strictObject({ index: z.number().int().min(-1), missed: z.boolean() });
/** Where a stream begins. */
export type StreamReady = z.infer<typeof streamReadySchema>;

/** Where a stream goes on, where no header can say so. */
export const streamQuerySchema = z.strictObject({ after: z.coerce.number().int().min(-1).optional() });
