/** The agent's routes for its parked runs. The gateway keeps a state that it cannot read, and its header in clear. */
import { z } from 'zod';
import { leaseIdSchema, parkedRunIdSchema } from '../ids.ts';
import { outsideIdSchema } from '../input.ts';

/** The largest encrypted state that is kept. Bytes. */
export const maxParkedBytes = 4 * 1024 * 1024;

const base64Length = 4 * Math.ceil(maxParkedBytes / 3);
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** What stands beside the encrypted state in clear; the encryption binds it. */
export const parkedHeaderSchema = z.strictObject({
  id: parkedRunIdSchema,
  run: outsideIdSchema,
  /** The state's own `$schemaVersion`. */
  schema_version: z.string().regex(/^[0-9.]{1,20}$/, 'expected a version like 1.22'),
  /** SHA-256 over the guarded tools that the run relies on. */
  fingerprint: sha256Schema,
});
/** A parked run's header. */
export type ParkedHeader = z.infer<typeof parkedHeaderSchema>;

/** `POST /v1/runs`: with a lease, the new state of a run that was taken; the lease then ends. */
export const parkRequestSchema = z.strictObject({
  ...parkedHeaderSchema.shape,
  /** The encrypted state, base64. */
  state: z.string().min(1).max(base64Length),
  lease: leaseIdSchema.optional(),
});
/** A run's encrypted state, and its header. */
export type ParkRequest = z.infer<typeof parkRequestSchema>;

/** A parked run, without its state. */
export const parkedRunViewSchema = z.strictObject({
  ...parkedHeaderSchema.shape,
  parked_at: z.iso.datetime(),
  /** How many of the run's calls people have not decided yet. */
  waiting: z.number().int().min(0),
  /** Until when another process has it; null while it can be taken. */
  leased_until: z.iso.datetime().nullable(),
});
/** A parked run, without its state. */
export type ParkedRunView = z.infer<typeof parkedRunViewSchema>;

/** `GET /v1/runs`: one's own, the oldest first. */
export const parkedRunListSchema = z.strictObject({ runs: z.array(parkedRunViewSchema) });
/** One's own parked runs, the oldest first. */
export type ParkedRunList = z.infer<typeof parkedRunListSchema>;

/** `POST /v1/runs/:id/unpark`, `…/renew` and `…/release` */
export const leaseRequestSchema = z.strictObject({ lease: leaseIdSchema });
/** Which taking of a parked run is meant. */
export type LeaseRequest = z.infer<typeof leaseRequestSchema>;

/** The answer of `POST /v1/runs/:id/unpark`. */
export const unparkedSchema = z.strictObject({ view: parkedRunViewSchema, state: z.string() });
/** A parked run and its encrypted state, base64. */
export type Unparked = z.infer<typeof unparkedSchema>;

/** `POST /v1/runs/:id/finish`: without a lease, for a run that nobody has taken. */
export const finishRequestSchema = z.strictObject({ lease: leaseIdSchema.optional() });
/** Which lease ends with the run. */
export type FinishRequest = z.infer<typeof finishRequestSchema>;
/** The answer of `POST /v1/runs/:id/finish`. */
export const finishedSchema = z.strictObject({ id: parkedRunIdSchema, finished: z.literal(true) });

/** `GET /v1/principal`: who a token's holder is, to which an encrypted state is bound. */
export const principalViewSchema = z.strictObject({
  id: z.string(),
  on_behalf_of: z.string().nullable(),
});
/** Who the token's holder is, and for whom it acts. */
export type PrincipalView = z.infer<typeof principalViewSchema>;
