/** A preview: what the approver sees before voting. Stored as it is shown, never changed, part of the approval digest. */
import { z } from 'zod';
import { effectSchema } from './effect.ts';
import { measuredEffectSchema, sampleSchema } from './measured-effect.ts';

/** A piece of what the agent wrote, re-rendered so that nothing in it is invisible or cut. */
const untrustedBlock = z.strictObject({
  /** What it is: `statement`, `parameter 1`, `body`. */
  label: z.string(),
  text: z.string(),
});

/** How much a call would touch, and where that number comes from. */
export const impactSchema = z.strictObject({
  /** Rows (objects, bytes: see `unit`) it would touch; null where unknown. */
  count: z.number().nullable(),
  unit: z.string(),
  /** Where the number comes from: the target's planner, a trial, or nowhere. */
  how: z.enum(['estimate', 'trial', 'none']),
  /** Why there is no better number. */
  why: z.string().nullable(),
});

/** A preview, as JSON. */
export const previewSchema = z.strictObject({
  version: z.literal(1),
  connection: z.string(),
  protocol: z.string(),
  /** What would run, as the agent wrote it. Untrusted. */
  input: z.array(untrustedBlock),
  effects: z.array(effectSchema),
  /** The effects in words, one line each: `changes rows of public.orders`. */
  words: z.array(z.string()),
  impact: impactSchema,
  /** What a trial changed before it was rolled back; absent where none was made. What the vote agrees to. */
  effect: measuredEffectSchema.optional(),
  /** Some of the rows that the trial changed, masked. */
  sample: z.array(sampleSchema).optional(),
  /** The triggers that fire, in words. */
  triggers: z.array(z.string()).optional(),
  /** The locks it takes and what they keep others from, in words; whether it rewrites a table. */
  locks: z.array(z.string()).optional(),
  principal: z.string(),
  owner: z.string().nullable(),
  onBehalfOf: z.string().nullable(),
  run: z.string(),
  /** What the agent says it wants. Untrusted. */
  purpose: z.string().nullable(),
  /** What the gateway wants the approver to know: a missing wall, an earlier call whose outcome is open. */
  notes: z.array(z.string()),
});
/** A preview. */
export type Preview = z.infer<typeof previewSchema>;
/** How much a call would touch, and how that is known. */
export type Impact = z.infer<typeof impactSchema>;
