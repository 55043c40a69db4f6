/** The routes by which people sign in: who they are, and for how long. */
import { z } from 'zod';
import { sessionIdSchema } from '../ids.ts';

/** What a person who signed in may do: vote; look at everything; look after connections, policy and stops. */
export const roles = ['approver', 'auditor', 'operator'] as const;
/** What a person who signed in may do. An auditor never votes. */
export type Role = (typeof roles)[number];

/** `GET /auth/session`: who is signed in. 401 where nobody is. */
export const sessionViewSchema = z.strictObject({
  id: sessionIdSchema,
  /** Their entry under `people`; null for an account that belongs to no one. */
  person: z.string().nullable(),
  /** What the identity provider proved: `oidc:ISSUER#SUBJECT`. */
  account: z.string(),
  /** Those of their entry under `people`; without one, those that the identity provider names. */
  groups: z.array(z.string()),
  roles: z.array(z.enum(roles)),
  /** To be sent as `x-countersign-csrf` with every request but a GET. */
  csrf: z.string(),
  signed_in_at: z.iso.datetime(),
  /** When it ends unless it is used before. */
  idle_until: z.iso.datetime(),
  /** When it ends at the latest. */
  expires_at: z.iso.datetime(),
});
/** Who is signed in. */
export type SessionView = z.infer<typeof sessionViewSchema>;
