/** The routes of those who look after who is let in: sessions in force, and taking access away. */
import {
  CountersignError,
  revocationRequestSchema,
  revokedSchema,
  sessionIdSchema,
  sessionListSchema,
} from '@countersign/core';
import { humanOf } from '@countersign/policy';
import { z } from 'zod';
import type { Revoke } from '../identity/revoke.ts';
import type { SessionParts } from './parts.ts';
import { type Route, route } from './route.ts';

const done = z.strictObject({ done: z.literal(true) });

export function accessRoutes({ sessions, policyNow }: SessionParts, revoke: Revoke): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/sessions',
      actor: 'auditor',
      summary: 'Lists the sessions in force, the newest first.',
      answer: sessionListSchema,
      handle: async () => ({
        sessions: (await sessions.list()).map(({ id, kind, account, createdAt, idleUntil, expiresAt }) => ({
          id,
          kind,
          person: humanOf(policyNow(), account)?.name ?? null,
          account,
          signed_in_at: createdAt.toISOString(),
          idle_until: idleUntil.toISOString(),
          expires_at: expiresAt.toISOString(),
        })),
      }),
    }),
    route({
      method: 'DELETE',
      url: '/v1/sessions/:id',
      actor: 'operator',
      summary: 'Takes a session away at once. Votes cast in it no longer count.',
      params: z.strictObject({ id: sessionIdSchema }),
      answer: done,
      handle: async ({ principal, params }) => {
        await sessions.revoke(params.id, principal);
        return { done: true as const };
      },
    }),
    route({
      method: 'POST',
      url: '/v1/revocations',
      actor: 'operator',
      summary:
        'Takes away all sessions and tokens of a person at once. Votes cast by them no longer count. Who signs in again is let in again.',
      body: revocationRequestSchema,
      answer: revokedSchema,
      handle: ({ principal, body: { person } }) => {
        const accounts = policyNow().people.get(person)?.accounts ?? (person.includes(':') ? [person] : null);
        if (accounts === null)
          throw new CountersignError('not_found', {
            what: person,
            expected: 'an entry under people, or an account',
          });
        return revoke(accounts, principal);
      },
    }),
  ];
}
