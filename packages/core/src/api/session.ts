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

/** `GET /auth/providers`: the identity providers at which people sign in, as the policy file names them. */
export const providerListSchema = z.strictObject({
  providers: z.array(z.strictObject({ name: z.string() })),
});
/** The identity providers at which people sign in. */
export type ProviderList = z.infer<typeof providerListSchema>;

/** `POST /auth/device`: begins to sign in a command; `issuer` where there are several. */
export const deviceRequestSchema = z.strictObject({ issuer: z.string().max(64).optional() });
/** Begins to sign in a command. */
export type DeviceRequest = z.infer<typeof deviceRequestSchema>;

/** The answer of `POST /auth/device`. */
export const deviceSignInSchema = z.strictObject({
  /** To be handed back with each question; who has it gets the session. */
  handle: z.string(),
  /** What the person compares, or types. */
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().nullable(),
  /** Seconds. */
  expires_in: z.number(),
  /** Seconds between two questions. */
  interval: z.number(),
});
/** What a person is shown who signs in a command. */
export type DeviceSignIn = z.infer<typeof deviceSignInSchema>;

/** `POST /auth/device/token`: whether the person has signed in. */
export const deviceQuestionSchema = z.strictObject({ handle: z.string().max(8000) });
/** Asks whether the person has signed in. */
export type DeviceQuestion = z.infer<typeof deviceQuestionSchema>;

/** The answer once they have; 409 `sign_in_pending` until then. The token is shown this once. */
export const deviceTokenSchema = z.strictObject({ token: z.string(), session: sessionViewSchema });
/** A command’s session, and the token for it. */
export type DeviceToken = z.infer<typeof deviceTokenSchema>;

/** `GET /v1/sessions`: those in force, at most 1000, the newest first. */
export const sessionListSchema = z.strictObject({
  sessions: z.array(
    sessionViewSchema
      .pick({
        id: true,
        person: true,
        account: true,
        signed_in_at: true,
        idle_until: true,
        expires_at: true,
      })
      .extend({ kind: z.enum(['browser', 'command']) }),
  ),
});
/** The sessions in force. */
export type SessionList = z.infer<typeof sessionListSchema>;

/** `POST /v1/revocations`: all sessions and tokens of an entry under `people`, or of an account like `local:dana`. */
export const revocationRequestSchema = z.strictObject({ person: z.string().min(1).max(400) });
/** Whose sessions and tokens are to be taken away. */
export type RevocationRequest = z.infer<typeof revocationRequestSchema>;
/** How many were taken away. */
export const revokedSchema = z.strictObject({ sessions: z.number().int(), tokens: z.number().int() });
/** How many sessions and tokens were taken away. */
export type Revoked = z.infer<typeof revokedSchema>;
