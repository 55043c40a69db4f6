/**
 * Who a request is from: by its token, or, where it has none, by the cookie of a browser session. A browser sends its
 * cookie whoever makes it ask, so that such a request has to come from a page of the gateway.
 */
import { CountersignError, type Principal } from '@countersign/core';
import { isKnownAccount, type Policy } from '@countersign/policy';
import type { FastifyRequest } from 'fastify';
import type { Address } from '../identity/address.ts';
import { cookieName, readCookie } from '../identity/cookies.ts';
import { sameDigest } from '../identity/same-digest.ts';
import { principalsOfSession } from '../identity/session-principals.ts';
import type { Session, Sessions } from '../identity/sessions.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';

/** The cookie of a browser session. */
export const sessionCookie = 'countersign';

/** Who a request is from. */
export interface Known {
  /** One, or for a session one for each thing that its person may do. */
  readonly principals: readonly Principal[];
  /** Null where a token says who it is. */
  readonly session: Session | null;
  /** What the browser's cookie is to hold from now on; null where it stays. */
  readonly renewed: string | null;
}

export interface IdentifyParts {
  readonly verifier: TokenVerifier;
  readonly sessions: Sessions;
  readonly policy: () => Policy;
  readonly address: () => Address;
}

/** A bearer token: no longer than what Node takes as headers. */
const bearer = /^Bearer ([\x21-\x7e]{1,14000})$/;

/** @returns null where nobody is known. @throws {CountersignError} `cross_site`. */
export async function identify(parts: IdentifyParts, request: FastifyRequest): Promise<Known | null> {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) return ofToken(parts, bearer.exec(authorization)?.[1]);
  const value = readCookie(cookie, cookieName(sessionCookie, parts.address().origin));
  const found = value === null ? null : await parts.sessions.ofCookie(value, isUse(request));
  if (found === null) return null;
  const { session, renewed } = found;
  if (!isKnownAccount(parts.policy(), session.account)) return null;
  insistOnOwnPage(parts.address(), request, session);
  return { principals: principalsOfSession(parts.policy(), session), session, renewed };
}

/**
 * Who a request that goes on is from by now. A session is known by its id then: the cookie that it came with may have been
 * replaced since, and that somebody looks on is no use of it.
 */
export async function identifyAgain(
  parts: IdentifyParts,
  request: FastifyRequest,
  before: Session | null,
): Promise<Known | null> {
  if (before === null) return identify(parts, request);
  const session = await parts.sessions.ofId(before.id);
  return session === null || !isKnownAccount(parts.policy(), session.account)
    ? null
    : { principals: principalsOfSession(parts.policy(), session), session, renewed: null };
}

/** Whether somebody is there: a page says so of what it asks by itself, and whoever follows does nothing but that. */
function isUse({ headers }: FastifyRequest): boolean {
  return headers['x-countersign-idle'] === undefined && headers.accept !== 'text/event-stream';
}

async function ofToken(
  { verifier, sessions, policy }: IdentifyParts,
  token: string | undefined,
): Promise<Known | null> {
  if (token === undefined) return null;
  const session = await sessions.ofToken(token);
  if (session !== null && !isKnownAccount(policy(), session.account)) return null;
  if (session !== null) return { principals: principalsOfSession(policy(), session), session, renewed: null };
  const principal = await verifier.verify(token);
  return principal === null ? null : { principals: [principal], session: null, renewed: null };
}

/** Three independent signs, because each has a browser, a proxy or a sibling domain that defeats it. */
function insistOnOwnPage({ origins }: Address, request: FastifyRequest, { csrf }: Session): void {
  const { origin, 'sec-fetch-site': site, 'x-countersign-csrf': given } = request.headers;
  const refuse = (what: string) => new CountersignError('cross_site', { what });
  const reads = request.method === 'GET';
  if (site !== undefined && site !== 'same-origin' && !(reads && site === 'none'))
    throw refuse('it comes from another site');
  if (origin !== undefined && !origins.has(origin)) throw refuse('it comes from another origin');
  if (reads) return;
  if (origin === undefined && site === undefined) throw refuse('it does not say where it comes from');
  if (typeof given !== 'string' || !sameDigest(given, csrf))
    throw refuse('it does not carry the session’s x-countersign-csrf');
}
