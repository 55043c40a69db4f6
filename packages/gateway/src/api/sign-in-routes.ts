/**
 * Signing in: a browser is led to the identity provider and comes back; a command shows an address and waits. None of it
 * decides anything, and whoever comes back with something else than they left with is not signed in.
 */
import {
  approvalIdSchema,
  asCountersignError,
  CountersignError,
  deviceQuestionSchema,
  deviceRequestSchema,
  deviceSignInSchema,
  deviceTokenSchema,
  providerListSchema,
} from '@countersign/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { cookieName, readCookie, setCookie } from '../identity/cookies.ts';
import { ownPath } from '../identity/own-path.ts';
import { providersOf } from '../identity/providers.ts';
import { sessionView } from '../identity/session-principals.ts';
import { type SignIns, signInWithinMs } from '../identity/sign-in.ts';
import { sessionCookie } from './identify.ts';
import type { SignInParts } from './parts.ts';
import { type Route, route } from './route.ts';
import { sendSmall, smallPage } from './small-page.ts';

/** The cookie of a sign-in that is under way. */
const signInCookie = 'countersign-sign-in';

/** Where to go once signed in. */
// oxlint-disable-next-line unicorn/no-thenable -- the address’s own word; a query is never awaited
const comingBack = z.strictObject({ then: z.string().max(2000).optional() });

export function signInRoutes(parts: SignInParts): readonly Route[] {
  return [...browserRoutes(parts), ...deviceRoutes(parts)];
}

function browserRoutes(parts: SignInParts): readonly Route[] {
  const { signIns, sessions, policyNow, address, fresh } = parts;
  const cookie = (
    reply: FastifyReply,
    name: string,
    value: string,
    how: 'Strict' | 'Lax',
    maxAge?: number,
  ) => {
    const { origin } = address();
    const options = { origin, sameSite: how, ...(maxAge === undefined ? {} : { maxAge }) };
    reply.header('set-cookie', setCookie(cookieName(name, origin), value, options));
  };
  const leave = (reply: FastifyReply, { location, state }: Awaited<ReturnType<SignIns['begin']>>) => {
    // Lax: coming back is a request that another site leads to.
    cookie(reply, signInCookie, state, 'Lax', signInWithinMs / 1000);
    return reply.code(303).headers({ location, 'cache-control': 'no-store' }).send();
  };
  return [
    route({
      method: 'GET',
      url: '/auth/providers',
      actor: 'public',
      summary: 'Lists the identity providers at which people sign in.',
      answer: providerListSchema,
      handle: async () => ({ providers: providersOf(policyNow()).map(({ name }) => ({ name })) }),
    }),
    route({
      method: 'GET',
      url: '/auth/login',
      actor: 'public',
      limited: true,
      summary: 'Leads a browser to the identity provider; `then` is the path it comes back to.',
      query: comingBack.extend({ issuer: z.string().max(64).optional() }),
      answer: null,
      stream: 'text/html',
      handle: async ({ query, reply }) =>
        leave(reply, await signIns.begin(query.issuer, ownPath(query.then, address().origin), null)),
    }),
    route({
      method: 'GET',
      url: '/auth/login/:id',
      actor: 'session',
      summary: 'Has who is signed in sign in once more, for one approval that asks for it. It casts no vote.',
      params: z.strictObject({ id: approvalIdSchema }),
      query: comingBack,
      answer: null,
      stream: 'text/html',
      handle: async ({ params, query, session, reply }) => {
        // Who was led to the code of a command that somebody else began has signed in there, too.
        if (session.kind !== 'browser')
          throw new CountersignError('sign_in_failed', {
            what: 'only a browser’s session signs in once more',
          });
        const provider = providersOf(policyNow()).find((one) =>
          session.account.startsWith(`oidc:${one.issuer}#`),
        );
        if (provider === undefined)
          throw new CountersignError('sign_in_failed', { what: 'your account is of no identity provider' });
        const asked = await fresh.asked(session, params.id);
        const path = ownPath(query.then, address().origin);
        return leave(reply, await signIns.begin(provider.name, path, { ...asked, session: session.id }));
      },
    }),
    route({
      method: 'GET',
      url: '/auth/callback/:issuer',
      actor: 'public',
      limited: true,
      summary: 'Where an identity provider leads a browser back to.',
      params: z.strictObject({ issuer: z.string() }),
      query: z.record(z.string(), z.unknown()),
      answer: null,
      stream: 'text/html',
      handle: async ({ params, reply }) => {
        const { url, headers } = reply.request;
        const { origin } = address();
        const state = readCookie(headers.cookie, cookieName(signInCookie, origin));
        try {
          const search = url.includes('?') ? url.slice(url.indexOf('?')) : '';
          const person = await signIns.finish(params.issuer, search, state);
          // Only now: who comes with something else, led here by whomever, ends no sign-in that is under way.
          cookie(reply, signInCookie, '', 'Lax', 0);
          if (person.fresh === null) {
            const { secret } = await sessions.begin({ kind: 'browser', ...person });
            cookie(reply, sessionCookie, secret, 'Strict');
          } else await fresh.keep(person.account, person.fresh);
          return await reply
            .code(303)
            .headers({ location: new URL(origin).origin + person.path, 'cache-control': 'no-store' })
            .send();
        } catch (thrown) {
          const error = asCountersignError(thrown);
          if (error.status >= 500) throw error;
          reply.code(error.status);
          return sendSmall(reply, 'text/html', smallPage(error.message, '<p><a href="/">Try again</a></p>'));
        }
      },
    }),
  ];
}

function deviceRoutes({ signIns, sessions, policyNow }: SignInParts): readonly Route[] {
  return [
    route({
      method: 'POST',
      url: '/auth/device',
      actor: 'public',
      limited: true,
      summary: 'Begins to sign in a command: answers the address and the code to be shown to its person.',
      body: deviceRequestSchema,
      answer: deviceSignInSchema,
      handle: async ({ body }) => {
        const begun = await signIns.beginDevice(body.issuer);
        return {
          handle: begun.handle,
          user_code: begun.userCode,
          verification_uri: begun.verificationUri,
          verification_uri_complete: begun.verificationUriComplete,
          expires_in: begun.expiresIn,
          interval: begun.interval,
        };
      },
    }),
    route({
      method: 'POST',
      url: '/auth/device/token',
      actor: 'public',
      limited: true,
      summary: 'Asks whether the person has signed in; then answers the token of the session, this once.',
      body: deviceQuestionSchema,
      answer: deviceTokenSchema,
      handle: async ({ body, reply }) => {
        reply.header('cache-control', 'no-store');
        const person = await signIns.finishDevice(body.handle);
        const { secret, session } = await sessions.begin({ kind: 'command', ...person });
        return { token: secret, session: sessionView(policyNow(), session) };
      },
    }),
  ];
}
