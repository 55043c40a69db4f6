/** The operator's routes: tokens, policy, stops, events, and settling a call whose outcome a person found out. */
import { z } from 'zod';
import { callIdSchema, stopIdSchema, tokenIdSchema } from '../ids.ts';
import { nameSchema, tokenClasses } from '../principal.ts';

/** `POST /v1/tokens` */
export const mintRequestSchema = z
  .strictObject({
    class: z.enum(tokenClasses),
    name: nameSchema,
    groups: z.array(nameSchema).max(100).default([]),
    /** The human who answers for it: required for an agent or a service. */
    owner: nameSchema.optional(),
    /** The human it acts for. */
    on_behalf_of: nameSchema.optional(),
    /** Seconds it is valid; default 30 days, at most 366. */
    expires_in: z
      .number()
      .int()
      .min(1)
      .max(366 * 86_400)
      .default(30 * 86_400),
  })
  .refine((mint) => mint.owner !== undefined || mint.class === 'person' || mint.class === 'operator', {
    message: 'an agent or service needs an owner: the human who answers for it',
    path: ['owner'],
  })
  .refine(
    (mint) =>
      (mint.owner === undefined && mint.on_behalf_of === undefined) ||
      mint.class === 'agent' ||
      mint.class === 'service',
    {
      message: 'only an agent or a service has an owner or acts for someone',
      path: ['class'],
    },
  );
export type MintRequest = z.infer<typeof mintRequestSchema>;
export type MintInput = z.input<typeof mintRequestSchema>;

export const tokenViewSchema = z.strictObject({
  id: tokenIdSchema,
  class: z.enum(tokenClasses),
  name: nameSchema,
  groups: z.array(z.string()),
  owner: z.string().nullable(),
  on_behalf_of: z.string().nullable(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  revoked_at: z.iso.datetime().nullable(),
});
export type TokenView = z.infer<typeof tokenViewSchema>;
export const tokenListSchema = z.strictObject({ tokens: z.array(tokenViewSchema) });
export type TokenList = z.infer<typeof tokenListSchema>;

/** The token's own text is shown here once and never again: only its hash is kept. */
export const mintedSchema = z.strictObject({ token: z.string(), view: tokenViewSchema });
export type Minted = z.infer<typeof mintedSchema>;

/** `POST /v1/stops`: the kill switch, for one principal, one connection, or all. */
export const stopRequestSchema = z.strictObject({
  scope: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }),
    z.strictObject({ kind: z.literal('principal'), principal: z.string().max(100) }),
    z.strictObject({ kind: z.literal('connection'), connection: nameSchema }),
  ]),
  reason: z.string().trim().min(1).max(1000).optional(),
});
export type StopRequest = z.infer<typeof stopRequestSchema>;
export type StopScope = StopRequest['scope'];

export const stopViewSchema = z.strictObject({
  id: stopIdSchema,
  scope: stopRequestSchema.shape.scope,
  reason: z.string().nullable(),
  by: z.string(),
  created_at: z.iso.datetime(),
  lifted_at: z.iso.datetime().nullable(),
});
export type StopView = z.infer<typeof stopViewSchema>;
export const stopListSchema = z.strictObject({ stops: z.array(stopViewSchema) });
export type StopList = z.infer<typeof stopListSchema>;

/** `GET /v1/policy` and the answer of `POST /v1/policy/reload`. */
export const policyViewSchema = z.strictObject({
  version: z.string(),
  loaded_at: z.iso.datetime(),
  rules: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type PolicyView = z.infer<typeof policyViewSchema>;

/** `POST /v1/calls/:id/settle`: an operator closes a call whose outcome stayed open. */
export const settleRequestSchema = z.strictObject({ reason: z.string().trim().min(1).max(1000) });
export type SettleRequest = z.infer<typeof settleRequestSchema>;
export const settledSchema = z.strictObject({ id: callIdSchema, settled: z.literal(true) });

/** `POST /v1/explain`: how a call would be decided, without making one. An agent sees only decision, code and reason. */
export const explainViewSchema = z.strictObject({
  decision: z.enum(['allow', 'ask', 'deny']),
  code: z.string(),
  reason: z.string(),
  effects: z
    .array(z.strictObject({ action: z.string(), resource: z.string(), via: z.string().optional() }))
    .optional(),
  rules: z.array(z.string()).optional(),
  masks: z.array(z.string()).optional(),
});
export type ExplainView = z.infer<typeof explainViewSchema>;

/** `GET /v1/events?after=INDEX&limit=N` */
export const eventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(-1).default(-1),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});
