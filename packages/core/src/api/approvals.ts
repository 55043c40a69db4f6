/** The person's routes: see what waits, look at a card, vote. */
import { z } from 'zod';
import { callStateSchema } from '../call.ts';
import { approvalDigestSchema } from '../digest.ts';
import { approvalIdSchema, callIdSchema } from '../ids.ts';
import { previewSchema } from '../preview.ts';

/** What an ask requires, as an approver reads it. */
export const askViewSchema = z.strictObject({
  approvers: z.array(z.string()),
  votes: z.number().int(),
  reason: z.boolean(),
  rules: z.array(z.string()),
});
/** One group that has to agree, as an approver reads it. */
export type AskView = z.infer<typeof askViewSchema>;

/** A vote that was cast: by whom, what, why and when. */
export const voteViewSchema = z.strictObject({
  person: z.string(),
  vote: z.enum(['approve', 'reject']),
  /** Untrusted like all that people write. */
  reason: z.string().nullable(),
  at: z.iso.datetime(),
});
/** A vote that was cast. */
export type VoteView = z.infer<typeof voteViewSchema>;

/** `GET /v1/approvals/:id`: the stored preview, what is required, the votes so far. */
export const approvalViewSchema = z.strictObject({
  id: approvalIdSchema,
  call: callIdSchema,
  /** The call's state: an approval has none of its own. */
  state: callStateSchema,
  /** A vote has to name it. */
  digest: approvalDigestSchema,
  preview: previewSchema,
  asks: z.array(askViewSchema),
  votes: z.array(voteViewSchema),
  created_at: z.iso.datetime(),
  vote_by: z.iso.datetime(),
  start_by: z.iso.datetime().nullable(),
  /** Whether the one who looks may vote; if not, the code that says why. */
  may_vote: z.boolean(),
  may_not_vote_because: z.string().nullable(),
});
/** An approval as an approver sees it: the stored preview, what is required, the votes so far. */
export type ApprovalView = z.infer<typeof approvalViewSchema>;

/** `GET /v1/approvals`: those that wait, the oldest first. */
export const approvalListSchema = z.strictObject({ approvals: z.array(approvalViewSchema) });
/** Approvals that wait, the oldest first. */
export type ApprovalList = z.infer<typeof approvalListSchema>;

/** `POST /v1/approvals/:id/votes`: votes on exactly what was shown. */
export const voteRequestSchema = z.strictObject({
  vote: z.enum(['approve', 'reject']),
  /** The approval digest of exactly what was shown. */
  digest: approvalDigestSchema,
  reason: z.string().trim().min(1).max(1000).optional(),
});
/** A vote on exactly what was shown. */
export type VoteRequest = z.infer<typeof voteRequestSchema>;
