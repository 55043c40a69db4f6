/** The agent's routes: submit a call, wait for it, execute it, cancel it. */
import { z } from 'zod';
import { callStateSchema, protocolNames, ranValues } from '../call.ts';
import { inputDigestSchema } from '../digest.ts';
import { approvalIdSchema, callIdSchema } from '../ids.ts';
import { callInputSchema, outsideIdSchema, purposeSchema } from '../input.ts';
import { nameSchema } from '../principal.ts';
import { resultSchema } from '../result.ts';

/** `POST /v1/calls`: submits a call. The same key with the same input is the same call. */
export const submitRequestSchema = z.strictObject({
  connection: nameSchema,
  input: callInputSchema,
  run: outsideIdSchema,
  tool: outsideIdSchema,
  /** The call id of the SDK. */
  call: outsideIdSchema,
  purpose: purposeSchema.optional(),
});
/** A call to be decided. */
export type SubmitRequest = z.infer<typeof submitRequestSchema>;

/** What an agent may know of its call: decision, code and reason, but neither rules nor effects. */
export const callViewSchema = z.strictObject({
  id: callIdSchema,
  state: callStateSchema,
  connection: nameSchema,
  run: z.string(),
  input_digest: inputDigestSchema,
  decision: z.enum(['allow', 'ask', 'deny']),
  /** `allowed`, `needs_approval`, or why not. */
  code: z.string(),
  /** In words for the model: for a call that will not run, the whole text it should get. */
  reason: z.string(),
  /** Whether trying again can help; null while it is open or done. */
  retry: z.enum(['no', 'later', 'new_call']).nullable(),
  created_at: z.iso.datetime(),
  approval: approvalIdSchema.nullable(),
  /** The deciding vote has to come by then; null unless waiting. */
  vote_by: z.iso.datetime().nullable(),
  /** It has to start by then; null unless allowed or approved. */
  start_by: z.iso.datetime().nullable(),
});
/** A call, as the agent that made it may see it. */
export type CallView = z.infer<typeof callViewSchema>;

/** `POST /v1/calls/:id/execute`: runs a decided call, once. */
export const executeRequestSchema = z.strictObject({ input_digest: inputDigestSchema });
/** What `execute` names: not the input, but the digest of the one the gateway stored. */
export type ExecuteRequest = z.infer<typeof executeRequestSchema>;

/**
 * Why a call did not succeed: a code of the table, words for the model, and what it left behind (null: not known).
 */
export const executionErrorSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  ran: z.enum(ranValues).nullable(),
});
/** Why a call did not succeed. */
export type ExecutionError = z.infer<typeof executionErrorSchema>;

/** The outcome, and the masked result of one that succeeded. */
export const executeViewSchema = z.strictObject({
  call: callViewSchema,
  outcome: z.enum(['succeeded', 'failed', 'unknown', 'not_executed', 'in_progress']),
  result: resultSchema.nullable(),
  error: executionErrorSchema.nullable(),
});
/** What became of a call, and what it brought back. */
export type ExecuteView = z.infer<typeof executeViewSchema>;

/** `GET /v1/calls/:id?wait=SECONDS`: answers when the call is no longer submitted or waiting, or after the wait. */
export const waitQuerySchema = z.strictObject({ wait: z.coerce.number().int().min(0).max(60).default(0) });

/** A connection of `GET /v1/connections`, for agents. */
export const connectionViewSchema = z.strictObject({
  name: nameSchema,
  protocol: z.enum(protocolNames),
});
/** `GET /v1/connections` for agents: every connection the gateway has, by name and protocol. */
export const connectionListSchema = z.strictObject({ connections: z.array(connectionViewSchema) });
/** The connections a gateway has. */
export type ConnectionList = z.infer<typeof connectionListSchema>;
