/** Runs as the record has them, for people: `GET /v1/runs` and `GET /v1/runs/:id`. */
import { z } from 'zod';
import { callStateSchema, ranValues } from '../call.ts';
import { effectSchema } from '../effect.ts';
import { approvalIdSchema, callIdSchema, runIdSchema } from '../ids.ts';
import { nameSchema } from '../principal.ts';
import { resultSchema } from '../result.ts';
import { commentViewSchema, voteViewSchema } from './approvals.ts';

/** `GET /v1/runs`: which runs, the latest first. What is left out means every one. */
export const runsQuerySchema = z.strictObject({
  /** `agent:support` */
  principal: z.string().min(1).max(100).optional(),
  /** The human that it acted for, or that answers for it. */
  person: nameSchema.optional(),
  /** A connection that one of its calls was for. */
  connection: nameSchema.optional(),
  /** A state that one of its calls is in. */
  state: callStateSchema.optional(),
  /** How the run's own id begins. */
  text: z.string().min(1).max(200).optional(),
  /** What `next` of the page before said. */
  after: runIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
/** Which runs. */
export type RunsQuery = z.input<typeof runsQuerySchema>;

/** A run in short. */
export const runSummarySchema = z.strictObject({
  id: runIdSchema,
  /** As the application named it. Untrusted. */
  run: z.string(),
  principal: z.string(),
  on_behalf_of: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_call_at: z.iso.datetime().nullable(),
  /** How many calls it made, counted up to 1000. */
  calls: z.number().int().min(0),
  /** How many of those are in which state. */
  states: z.partialRecord(callStateSchema, z.number().int()),
  connections: z.array(z.string()),
});
/** A run in short. */
export type RunSummary = z.infer<typeof runSummarySchema>;

/** A page of runs, the latest first. A page can be short, or empty, and still have a next one. */
export const runListSchema = z.strictObject({
  runs: z.array(runSummarySchema),
  /** What `after` takes for the next page; null on the last. */
  next: runIdSchema.nullable(),
});
/** A page of runs. */
export type RunList = z.infer<typeof runListSchema>;

/** A moment of a call: what the ledger says happened, when, and by whom. */
export const momentSchema = z.strictObject({
  at: z.iso.datetime(),
  /** `call.waiting`, `vote.cast`, `call.claimed` … */
  type: z.string(),
  actor: z.string(),
});
/** A moment of a call. */
export type Moment = z.infer<typeof momentSchema>;

/** A call of a run, as people look back on it. */
export const runCallSchema = z.strictObject({
  id: callIdSchema,
  /** Untrusted. */
  tool: z.string(),
  connection: z.string(),
  protocol: z.string(),
  state: callStateSchema,
  code: z.string(),
  effects: z.array(effectSchema),
  rules: z.array(z.string()),
  created_at: z.iso.datetime(),
  vote_by: z.iso.datetime().nullable(),
  start_by: z.iso.datetime().nullable(),
  finished_at: z.iso.datetime().nullable(),
  ran: z.enum(ranValues).nullable(),
  approval: approvalIdSchema.nullable(),
  votes: z.array(voteViewSchema),
  comments: z.array(commentViewSchema),
  moments: z.array(momentSchema),
  /** What was said and what came back; null where the one who looks was not asked about this call. */
  words: z
    .strictObject({
      /** What the agent wrote, with nothing in it invisible. Untrusted. */
      input: z.array(z.strictObject({ label: z.string(), text: z.string() })),
      /** What the agent said it wanted. Untrusted. */
      purpose: z.string().nullable(),
      /** Why it was decided so: which effect, which rule. */
      detail: z.string(),
      /** The text that the agent got, where there is one. */
      told: z.string().nullable(),
      /** The masked result as the agent saw it; null where there is none, or it is no longer kept. */
      result: resultSchema.nullable(),
    })
    .nullable(),
});
/** A call of a run. */
export type RunCall = z.infer<typeof runCallSchema>;

/** `GET /v1/runs/:id?after=CALL`: a page of the run's calls, the first one first. */
export const runViewSchema = z.strictObject({
  run: runSummarySchema,
  calls: z.array(runCallSchema),
  /** What `after` takes for the next page; null on the last. */
  next: callIdSchema.nullable(),
});
/** A run and a page of its calls. */
export type RunView = z.infer<typeof runViewSchema>;

/** Which page of a run's calls. */
export const runQuerySchema = z.strictObject({
  after: callIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
/** Which page of a run's calls. */
export type RunQuery = z.input<typeof runQuerySchema>;
