/** The person's routes: see what waits, look at a card, vote, comment. */
import { z } from 'zod';
import { callStateSchema } from '../call.ts';
import { approvalDigestSchema } from '../digest.ts';
import { approvalIdSchema, callIdSchema, eventIdSchema, runIdSchema } from '../ids.ts';
import { previewSchema } from '../preview.ts';

/** What an ask requires, as an approver reads it. */
export const askViewSchema = z.strictObject({
  approvers: z.array(z.string()),
  votes: z.number().int(),
  reason: z.boolean(),
  rules: z.array(z.string()),
  /** The people whose approvals count for it today, each for one ask only. */
  approved_by: z.array(z.string()),
  /** Whether it has its votes. */
  met: z.boolean(),
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

/** What a person said beside an approval. It is not a vote. */
export const commentViewSchema = z.strictObject({
  id: eventIdSchema,
  person: z.string(),
  /** Untrusted like all that people write. */
  text: z.string(),
  at: z.iso.datetime(),
});
/** What a person said beside an approval. */
export type CommentView = z.infer<typeof commentViewSchema>;

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
  comments: z.array(commentViewSchema),
  /** The run in the record: what it did before is at `/v1/runs/:id`. */
  run_id: runIdSchema,
  /** The tool of the agent that made the call. Untrusted. */
  tool: z.string(),
  /** Others of this run that wait too, the oldest first, as far as the one who looks may see them. */
  siblings: z.array(approvalIdSchema),
  created_at: z.iso.datetime(),
  vote_by: z.iso.datetime(),
  /** When those who were asked are reminded, should it still wait; null where they were, or are not. */
  remind_at: z.iso.datetime().nullable(),
  start_by: z.iso.datetime().nullable(),
  /** The gateway's time, to which a page compares its own clock. */
  now: z.iso.datetime(),
  /** Whether the one who looks may vote; if not, the code that says why, and the same in words. */
  may_vote: z.boolean(),
  may_not_vote_code: z.string().nullable(),
  may_not_vote_because: z.string().nullable(),
  /** Seconds within which who approves has to sign in for it, at `/auth/login/:id`; null where it asks for no such sign-in. */
  fresh_within: z.number().nullable(),
  /** How the one who looks has voted. */
  my_vote: z.enum(['approve', 'reject']).nullable(),
  /** Whether the one who looks may comment. */
  may_comment: z.boolean(),
});
/** An approval as an approver sees it: the stored preview, what is required, the votes so far. */
export type ApprovalView = z.infer<typeof approvalViewSchema>;

/** `GET /v1/approvals?after=ID&limit=N`: a page of those that wait. */
export const approvalsQuerySchema = z.strictObject({
  /** The last one of the page before. */
  after: approvalIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
/** Which page of those that wait. */
export type ApprovalsQuery = z.input<typeof approvalsQuerySchema>;

/** `GET /v1/approvals`: those that wait, first those that the one who looks was asked about, the oldest first. */
export const approvalListSchema = z.strictObject({
  approvals: z.array(approvalViewSchema),
  /** How many wait for the one who looks: asked about, and not voted on yet. Counted up to 1000. */
  waiting_for_me: z.number().int().min(0),
  /** What `after` takes for the next page; null on the last. */
  next: approvalIdSchema.nullable(),
});
/** Approvals that wait, first those that the one who looks was asked about, the oldest first. */
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

/** `POST /v1/approvals/:id/comments`: says something beside an approval that waits. */
export const commentRequestSchema = z.strictObject({ text: z.string().trim().min(1).max(1000) });
/** Something to be said beside an approval. */
export type CommentRequest = z.infer<typeof commentRequestSchema>;
