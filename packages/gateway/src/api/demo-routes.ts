/**
 * The page that a sign-in link of the demo leads to. The code stands behind `#`, which browsers don't send: nothing that
 * fetches links uses it up, and it stands in no log. A script of the page hands it in.
 */
import { CountersignError } from '@countersign/core';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { cookieName, setCookie } from '../identity/cookies.ts';
import type { SignInLinks } from '../identity/sign-in-links.ts';
import { sessionCookie } from './identify.ts';
import type { SessionParts } from './parts.ts';
import { type Route, route } from './route.ts';
import { sendSmall, smallPage } from './small-page.ts';

const done = z.strictObject({ done: z.literal(true) });
const body = z.strictObject({ code: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });

const page = smallPage('Signing in …', '<script src="/auth/demo.js"></script>');

const script = `const code = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
fetch('/auth/demo', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ code }),
}).then((answer) => {
  if (answer.ok) location.replace('/');
  else document.getElementById('said').textContent = 'This link was used before, or is too old.';
});
`;

/** Whether a request was made on this machine, for this machine. */
function isLocal({ ip, headers }: FastifyRequest): boolean {
  const host = (headers.host ?? '').replace(/:[0-9]+$/, '');
  return (
    /^(?:::ffff:)?127\.|^::1$/.test(ip) &&
    // An address, not a name that begins like one.
    (host === 'localhost' || host === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(host))
  );
}

export function demoRoutes({ sessions, address }: SessionParts, links: SignInLinks): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/auth/demo',
      actor: 'public',
      summary: 'The page that a sign-in link of the demo leads to.',
      answer: null,
      stream: 'text/html',
      handle: async ({ reply }) => sendSmall(reply, 'text/html', page),
    }),
    route({
      method: 'GET',
      url: '/auth/demo.js',
      actor: 'public',
      summary: 'The script of that page.',
      answer: null,
      stream: 'text/javascript',
      handle: async ({ reply }) => sendSmall(reply, 'text/javascript', script),
    }),
    route({
      method: 'POST',
      url: '/auth/demo',
      actor: 'public',
      summary: 'Signs in with the code of a sign-in link of the demo, once.',
      body,
      answer: done,
      handle: async ({ body: { code }, reply }) => {
        const account = isLocal(reply.request) ? links.take(code) : null;
        if (account === null)
          throw new CountersignError('sign_in_failed', { what: 'the link was used before, or is too old' });
        const { secret } = await sessions.begin({
          kind: 'browser',
          account,
          groups: [],
          proof: `link ${code}`,
        });
        const { origin } = address();
        reply.header(
          'set-cookie',
          setCookie(cookieName(sessionCookie, origin), secret, { origin, sameSite: 'Strict' }),
        );
        return { done: true as const };
      },
    }),
  ];
}
