/**
 * Sessions of people who signed in. A browser holds a random secret in a cookie, a command the same as a token; the store
 * holds its digest.
 *
 *   made ─▶ in force ─▶ ended    left by its holder; taken away; unused for 30 minutes; 12 hours old
 *             │  ▲
 *             ▼  │ every ten minutes of use the browser's secret is replaced: the new one is derived from the old, so that
 *           rotated  requests at the same time get the same, and a lost answer is no lost session. Once the new one was
 *                    used, the old one is out of use half a minute later; who comes with it then, or with one from before
 *                    it, has stolen it, or was stolen from: the session ends.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { CountersignError, type Principal, type SessionId, sha256 } from '@countersign/core';
import { LRUCache } from 'lru-cache';
import type { Ledger } from '../ledger/ledger.ts';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import {
  endSession,
  findSession,
  findSessionAmong,
  findSessionById,
  insertSession,
  listSessions,
  rotateSession,
  type SessionRow,
  sessionsBegunOf,
  touchSession,
} from '../store/sessions.ts';
import type { Database } from '../store/store.ts';

const minute = 60_000;
/** Milliseconds a session lasts unused, and at all. */
export const [sessionIdleMs, sessionLastsMs] = [30 * minute, 12 * 60 * minute];
/** Milliseconds after which a browser's secret is replaced, and for which the one before it still counts then. */
const [rotateAfterMs, graceMs] = [10 * minute, minute / 2];
/** How often a secret can be replaced before its session is too old. */
const mostReplaced = Math.ceil(sessionLastsMs / rotateAfterMs);
/** Milliseconds a session is taken at its word: what another gateway ended ends here within this. */
const trustedForMs = 500;
/** How often it is noted that a session is used. Milliseconds. */
const touchEveryMs = minute;

/** Sessions that an account may begin in an hour: whoever may sign in may not fill the store. */
const mostInAnHour = 100;

const secretForm = /^[A-Za-z0-9_-]{43}$/;
const commandPrefix = 'cs_session_';

/** What a session is made of. */
export interface SignedIn {
  readonly kind: SessionRow['kind'];
  /** As identity was proven: `local:NAME`, `oidc:ISSUER#SUBJECT`. */
  readonly account: string;
  /** Those that the identity provider named. */
  readonly groups: readonly string[];
  /** What proved it, unique to this sign-in: a second session of the same is refused. */
  readonly proof: string;
}

/** A session in force. */
export interface Session extends Pick<SessionRow, 'id' | 'kind' | 'account' | 'groups' | 'csrf'> {
  readonly createdAt: Date;
  readonly idleUntil: Date;
  readonly expiresAt: Date;
}

export interface Sessions {
  /**
   * @returns the secret for the cookie, or the token for a command, shown this once.
   * @throws {CountersignError} `sign_in_failed` where a session was made of the same proof before; `rate_limited`.
   */
  begin(signedIn: SignedIn): Promise<{ readonly secret: string; readonly session: Session }>;
  /**
   * The session of a cookie's value, and the value to be set in its place; null for a session that is not in force.
   *
   * @param uses Whether a person does something: a page that looks by itself keeps no session going. Default true.
   */
  ofCookie(
    value: string,
    uses?: boolean,
  ): Promise<{ readonly session: Session; readonly renewed: string | null } | null>;
  /** The session of a command's token; null for what is none. */
  ofToken(token: string): Promise<Session | null>;
  /** The session in force of an id; null where there is none. */
  ofId(id: SessionId): Promise<Session | null>;
  /** Those in force, the newest first, at most 1000. */
  list(): Promise<readonly Session[]>;
  /** Ends a session that its holder leaves. */
  leave(session: Session): Promise<void>;
  /** Takes a session away. @throws {CountersignError} `not_found` for one that is not in force. */
  revoke(id: SessionId, by: Pick<Principal, 'id'>): Promise<void>;
  /** Looks every session up again. */
  forget(): void;
}

interface Trusted {
  readonly session: Session;
  /** When it was looked up, by the gateway's clock, and for how many milliseconds that holds. */
  readonly since: number;
  readonly forMs: number;
}

export function createSessions(db: Database, ledger: Ledger, runtime: Runtime, master: Uint8Array): Sessions {
  const key = Buffer.from(hkdfSync('sha256', master, '', 'countersign.sessions.v1', 32));
  const next = (secret: string) => createHmac('sha256', key).update(secret).digest('base64url');
  const trusted = new LRUCache<string, Trusted>({ max: 10_000 });

  const forget = (id: SessionId) => {
    for (const [digest, entry] of trusted) if (entry.session.id === id) trusted.delete(digest);
  };
  const end = async (id: SessionId, actor: string, type: string, revoked: boolean): Promise<boolean> => {
    const event = await ledger.event({ type, actor, data: { session: id } });
    const ended = await endSession(db, id, revoked, event);
    forget(id);
    if (ended) ledger.wake();
    return ended;
  };
  /** Ends the session that a secret was of before its last two: what came after is derived from it, so that nothing needs to be kept. */
  const endIfFormer = async (value: string): Promise<void> => {
    const digests: string[] = [];
    for (let secret = next(value); digests.length < mostReplaced; secret = next(secret))
      digests.push(sha256(secret));
    const id = await findSessionAmong(db, digests);
    if (id !== null) await end(id, 'gateway', 'session.replayed', true);
  };
  const remembered = (digest: string, kind: Session['kind']): Session | null => {
    const known = trusted.get(digest);
    if (known?.session.kind !== kind || hasPassed(runtime, known.since, known.forMs)) return null;
    return known.session;
  };
  const trust = (digest: string, row: SessionRow): Session => {
    const session = sessionOf(row);
    const forMs = Math.min(trustedForMs, row.left, sessionIdleMs - row.idle);
    trusted.set(digest, { session, since: runtime.now(), forMs });
    return session;
  };

  return {
    begin: async ({ kind, account, groups, proof }) => {
      if ((await sessionsBegunOf(db, account)) >= mostInAnHour)
        throw new CountersignError('rate_limited', { what: 'too many sign-ins of this account' });
      const secret = runtime.randomBytes(32).toString('base64url');
      const id = runtime.newId('ses');
      const event = await ledger.event({
        type: 'session.begun',
        actor: account,
        data: { session: id, kind },
      });
      const row = await insertSession(
        db,
        {
          id,
          kind,
          account,
          groups,
          csrf: runtime.randomBytes(32).toString('base64url'),
          digest: sha256(secret),
          signIn: sha256(proof),
          lastsMs: sessionLastsMs,
        },
        event,
      );
      if (row === null)
        throw new CountersignError('sign_in_failed', { what: 'this sign-in was used before' });
      ledger.wake();
      return { secret: kind === 'command' ? commandPrefix + secret : secret, session: sessionOf(row) };
    },
    ofCookie: async (value, uses = true) => {
      if (!secretForm.test(value)) return null;
      const digest = sha256(value);
      const known = remembered(digest, 'browser');
      if (known !== null) return { session: known, renewed: null };
      const row = await findSession(db, digest, sessionIdleMs);
      if (row === null) await endIfFormer(value);
      if (row?.kind !== 'browser') return null;
      if (row.current && (row.secret_age < rotateAfterMs || !uses)) {
        if (uses && (!row.confirmed || row.idle > touchEveryMs)) await touchSession(db, row.id, digest);
        return { session: trust(digest, row), renewed: null };
      }
      const renewed = next(value);
      if (row.current) await rotateSession(db, row.id, digest, sha256(renewed));
      else if (row.confirmed && row.secret_age > graceMs) {
        await end(row.id, 'gateway', 'session.replayed', true);
        return null;
      }
      return { session: sessionOf(row), renewed };
    },
    ofToken: async (token) => {
      const secret = token.startsWith(commandPrefix) ? token.slice(commandPrefix.length) : '';
      if (!secretForm.test(secret)) return null;
      const digest = sha256(secret);
      const known = remembered(digest, 'command');
      if (known !== null) return known;
      const row = await findSession(db, digest, sessionIdleMs);
      if (row?.kind !== 'command') return null;
      if (!row.confirmed || row.idle > touchEveryMs) await touchSession(db, row.id, digest);
      return trust(digest, row);
    },
    ofId: async (id) => {
      const row = await findSessionById(db, id, sessionIdleMs);
      return row === null ? null : sessionOf(row);
    },
    forget: () => trusted.clear(),
    list: async () => (await listSessions(db)).map(sessionOf),
    leave: async ({ id, account }) => {
      await end(id, account, 'session.left', false);
    },
    revoke: async (id, by) => {
      if (!(await end(id, by.id, 'session.revoked', true)))
        throw new CountersignError('not_found', { what: id });
    },
  };
}

function sessionOf(row: SessionRow): Session {
  const { id, kind, account, groups, csrf, created_at, used_at, expires_at } = row;
  const idleUntil = new Date(Math.min(used_at.getTime() + sessionIdleMs, expires_at.getTime()));
  return Object.freeze({
    id,
    kind,
    account,
    groups: Object.freeze([...groups]),
    csrf,
    createdAt: created_at,
    idleUntil,
    expiresAt: expires_at,
  });
}
