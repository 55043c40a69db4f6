/** `GET /v1/connections` for people: what there is to reach, whether it answers, and which rules lead there. */
import { z } from 'zod';
import { protocolNames } from '../call.ts';
import { nameSchema } from '../principal.ts';

/** A rule as a page shows it. What is null means every one. */
export const ruleViewSchema = z.strictObject({
  name: z.string(),
  verdict: z.enum(['allow', 'ask', 'deny']),
  groups: z.array(z.string()).nullable(),
  principals: z.array(z.string()).nullable(),
  actions: z.array(z.string()).nullable(),
  resources: z.array(z.string()).nullable(),
  /** Whom it asks; empty where it does not. */
  approvers: z.array(z.string()),
});
/** A rule as a page shows it. */
export type RuleView = z.infer<typeof ruleViewSchema>;

/** A connection, without its address and without its credentials. */
export const connectionDetailSchema = z.strictObject({
  name: nameSchema,
  protocol: z.enum(protocolNames),
  labels: z.record(z.string(), z.string()),
  /** Whether this gateway reached it when it last looked; `unknown` until it did. */
  health: z.strictObject({
    state: z.enum(['up', 'down', 'unknown']),
    at: z.iso.datetime().nullable(),
    /** Why it is down: a code of the error table. */
    code: z.string().nullable(),
  }),
  /** The rules that speak of it; null where the one who looks may not read the policy. */
  rules: z.array(ruleViewSchema).nullable(),
});
/** A connection. */
export type ConnectionDetail = z.infer<typeof connectionDetailSchema>;

/** Every connection the gateway has. */
export const connectionDetailsSchema = z.strictObject({ connections: z.array(connectionDetailSchema) });
/** Every connection the gateway has. */
export type ConnectionDetails = z.infer<typeof connectionDetailsSchema>;
