/** Who is signed in, and how to leave. */
import { sessionViewSchema } from '@countersign/core';
import { z } from 'zod';
import { cookieName, setCookie } from '../identity/cookies.ts';
import { sessionView } from '../identity/session-principals.ts';
import { sessionCookie } from './identify.ts';
import type { SessionParts } from './parts.ts';
import { type Route, route } from './route.ts';

const done = z.strictObject({ done: z.literal(true) });

export function sessionRoutes({ sessions, policyNow, address }: SessionParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/auth/session',
      actor: 'session',
      summary: 'Tells who is signed in, what they may do, and until when.',
      answer: sessionViewSchema,
      handle: async ({ session, reply }) => {
        reply.header('cache-control', 'no-store');
        return sessionView(policyNow(), session);
      },
    }),
    route({
      method: 'POST',
      url: '/auth/logout',
      actor: 'session',
      summary: 'Signs out: the session ends at once.',
      answer: done,
      handle: async ({ session, reply }) => {
        await sessions.leave(session);
        const { origin } = address();
        const gone = { origin, sameSite: 'Strict', maxAge: 0 } as const;
        reply.header('set-cookie', setCookie(cookieName(sessionCookie, origin), '', gone));
        return { done: true as const };
      },
    }),
  ];
}
