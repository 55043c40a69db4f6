/** The operator's routes: tokens, policy, stops, events, and settling a call whose outcome a person found out. */
import { z } from 'zod';
import { type CallId, callIdSchema, stopIdSchema, tokenIdSchema } from '../ids.ts';
import { callInputSchema } from '../input.ts';
import { nameSchema, tokenClasses } from '../principal.ts';

/** `POST /v1/tokens`: mints a token. */
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
  .refine((mint) => mint.owner !== undefined || (mint.class !== 'agent' && mint.class !== 'service'), {
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
/** A token to be minted, with its defaults filled in. */
export type MintRequest = z.infer<typeof mintRequestSchema>;
/** What a caller sends to mint a token: what has a default may be left out. */
export type MintInput = z.input<typeof mintRequestSchema>;

/** A token, without its text. */
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
/** A token, without its text. */
export type TokenView = z.infer<typeof tokenViewSchema>;
/** `GET /v1/tokens`: the latest 1000, the newest first. */
export const tokenListSchema = z.strictObject({ tokens: z.array(tokenViewSchema) });
/** The tokens that were minted, without their texts. */
export type TokenList = z.infer<typeof tokenListSchema>;

/** The token's own text is shown here once and never again: only its hash is kept. */
export const mintedSchema = z.strictObject({
  token: z.string(),
  view: tokenViewSchema,
  /** What in it means nothing to the policy of this moment: a group, a person, an account. */
  warnings: z.array(z.string()).default([]),
});
/** A new token's text, its view, and what of it the policy does not know. */
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
/** What is to be stopped, and why. */
export type StopRequest = z.infer<typeof stopRequestSchema>;
/** What a stop holds: everything, one principal's calls, or one connection's. */
export type StopScope = StopRequest['scope'];

/** A stop; `lifted_at` is null while it is in force. */
export const stopViewSchema = z.strictObject({
  id: stopIdSchema,
  scope: stopRequestSchema.shape.scope,
  reason: z.string().nullable(),
  by: z.string(),
  created_at: z.iso.datetime(),
  lifted_at: z.iso.datetime().nullable(),
});
/** A stop. */
export type StopView = z.infer<typeof stopViewSchema>;
/** `GET /v1/stops`: the latest 1000, lifted ones included, the newest first. */
export const stopListSchema = z.strictObject({ stops: z.array(stopViewSchema) });
/** The stops in force and those that were lifted. */
export type StopList = z.infer<typeof stopListSchema>;

/** `GET /v1/policy` and the answer of `POST /v1/policy/reload`. */
export const policyViewSchema = z.strictObject({
  version: z.string(),
  loaded_at: z.iso.datetime(),
  rules: z.array(z.string()),
  warnings: z.array(z.string()),
  /** The file as it was read, before `${VAR}` is filled in. */
  text: z.string(),
  /** How often each rule or mask decided a call that was submitted to this gateway, since it started. */
  matched: z.array(
    z.strictObject({ rule: z.string(), times: z.number().int(), last: z.iso.datetime().nullable() }),
  ),
  /** Since when that is counted. */
  matched_since: z.iso.datetime(),
});
/** The policy in force: its version, its text, the names of its rules and how often they matched, its warnings. */
export type PolicyView = z.infer<typeof policyViewSchema>;

/** `POST /v1/calls/:id/settle`: an operator closes a call whose outcome stayed open. */
export const settleRequestSchema = z.strictObject({ reason: z.string().trim().min(1).max(1000) });
/** Why an operator closes a call. */
export type SettleRequest = z.infer<typeof settleRequestSchema>;
/** The answer of `POST /v1/calls/:id/settle`. */
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
/** How a call would be decided. */
export type ExplainView = z.infer<typeof explainViewSchema>;

/** `POST /v1/policy/try`: how a call would be decided for somebody, without making one. */
export const tryRequestSchema = z.strictObject({
  connection: nameSchema,
  input: callInputSchema,
  as: z.strictObject({
    class: z.enum(['agent', 'service']).default('agent'),
    name: nameSchema,
    groups: z.array(nameSchema).max(100).default([]),
  }),
});
/** A call to be tried, and for whom. */
export type TryRequest = z.input<typeof tryRequestSchema>;

/** The answer of `POST /v1/policy/try`. */
export const tryViewSchema = z.strictObject({
  ...explainViewSchema.shape,
  effects: z.array(z.strictObject({ action: z.string(), resource: z.string(), via: z.string().optional() })),
  rules: z.array(z.string()),
  masks: z.array(z.string()),
  /** For people: which effect, which rule. */
  detail: z.string(),
  /** Who would be asked; empty where nobody is. */
  asks: z.array(z.strictObject({ approvers: z.array(z.string()), votes: z.number().int() })),
});
/** How a call would be decided, and why. */
export type TryView = z.infer<typeof tryViewSchema>;

/** `GET /v1/events?after=INDEX&limit=N`: the lines of the ledger above an index. What narrows it is looked up, not searched for. */
export const eventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(-1).default(-1),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
  /** Those of one call. */
  call: callIdSchema.optional(),
  /** Those of a run: its id in the record, or the one that the application gave it. */
  run: z.string().min(1).max(200).optional(),
  /** Those that were written at this time or later. */
  since: z.iso.datetime({ offset: true }).optional(),
  /** The last so many of them. */
  last: z.coerce.number().int().min(1).max(10_000).optional(),
});
/** Which part of the ledger. What is left out means all of it. */
export interface EventsQuery {
  /** An index; those above it. Default: -1, from the start. */
  readonly after?: number | undefined;
  /** How many lines at most, 1 to 10 000. Default: 1000. */
  readonly limit?: number | undefined;
  /** Those of one call. */
  readonly call?: CallId | undefined;
  /** A run's id in the record, or the one that the application gave it. */
  readonly run?: string | undefined;
  /** A time in RFC 3339. */
  readonly since?: string | undefined;
  /** The last so many of those that the rest lets through, 1 to 10 000. */
  readonly last?: number | undefined;
}
