/** What the gateway proves itself with on an `http` connection: as it stands in the file, or fetched by it. */
import { CountersignError } from '@countersign/core';
import type { Runtime } from '../runtime/runtime.ts';
import type { Incoming, Outgoing } from './http-connection.ts';
import type { HttpAuth, HttpSettings } from './http-settings.ts';

export interface Credential {
  readonly headers: readonly (readonly [string, string])[];
  /** What must not come back in an answer. */
  readonly secrets: readonly string[];
}

export interface Credentials {
  current(signal: AbortSignal): Promise<Credential>;
  forget(): void;
}

/** Sends a request to an origin of its own, by the same rules for addresses. */
export type SendTo = (to: URL, request: Outgoing, signal: AbortSignal) => Promise<Incoming>;

export function credentialOf(
  { auth }: Pick<HttpSettings, 'auth'>,
  runtime: Runtime,
  send: SendTo,
): Credentials {
  switch (auth.kind) {
    case 'header':
      return fixed({ headers: [[auth.name, auth.value]], secrets: auth.secrets });
    case 'oauth2':
      return fetched(auth, runtime, send);
    case 'mtls':
    case 'none':
      return fixed({ headers: [], secrets: [] });
  }
}

const fixed = (credential: Credential): Credentials => ({
  current: async () => credential,
  forget: () => undefined,
});

/** Milliseconds before its end at which a token is not used any more. */
const earlyMs = 30_000;
/** Milliseconds a token is kept whose end is not told. */
const untoldMs = 5 * 60_000;
const maxTokenBytes = 64 * 1024;

/** OAuth 2.0 client credentials (RFC 6749, 4.4): there is no refresh token, so a new one is fetched before the end. */
function fetched(auth: Extract<HttpAuth, { kind: 'oauth2' }>, runtime: Runtime, send: SendTo): Credentials {
  let kept: { readonly token: Promise<Token>; until: number } | null = null;

  async function current(signal: AbortSignal): Promise<Credential> {
    signal.throwIfAborted();
    if (kept === null || runtime.now() >= kept.until) {
      const mine: NonNullable<typeof kept> = { token: fetchToken(auth, send), until: Infinity };
      kept = mine;
      mine.token.then(
        ({ lastsMs }) => {
          mine.until = runtime.now() + Math.max(0, lastsMs - Math.min(earlyMs, lastsMs / 2));
        },
        () => {
          if (kept === mine) kept = null;
        },
      );
    }
    const { token } = await kept.token;
    signal.throwIfAborted();
    return { headers: [['authorization', `Bearer ${token}`]], secrets: [token, auth.clientSecret] };
  }
  return {
    current,
    forget: () => {
      kept = null;
    },
  };
}

interface Token {
  readonly token: string;
  readonly lastsMs: number;
}

/** Many calls wait for one token, so none of their signals ends it; a server that is slow does. Milliseconds. */
const tokenWithinMs = 10_000;

async function fetchToken(
  { tokenUrl, clientId, clientSecret, scopes }: Extract<HttpAuth, { kind: 'oauth2' }>,
  send: SendTo,
): Promise<Token> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const pair = [clientId, clientSecret].map(formEncoded).join(':');
  const signal = AbortSignal.timeout(tokenWithinMs);
  const request: Outgoing = {
    method: 'POST',
    path: tokenUrl.pathname + tokenUrl.search,
    headers: [
      ['authorization', `Basic ${Buffer.from(pair).toString('base64')}`],
      ['content-type', 'application/x-www-form-urlencoded'],
      ['accept', 'application/json'],
    ],
    body: form.toString(),
  };
  try {
    const { status, body } = await send(tokenUrl, request, signal);
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.byteLength;
      if (size > maxTokenBytes) throw noToken('an answer that is too large');
      parts.push(part);
    }
    if (status !== 200) throw noToken(`status ${status}`);
    return readToken(Buffer.concat(parts).toString());
  } catch (thrown) {
    if (thrown instanceof CountersignError) throw thrown;
    throw noToken('no answer');
  }
}

function readToken(text: string): Token {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw noToken('an answer that is no JSON');
  }
  const {
    access_token: token,
    token_type: type,
    expires_in: seconds,
  } = (answer ?? {}) as Record<string, unknown>;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw noToken('an answer without a token');
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer')
    throw noToken('a token that is no bearer token');
  const lastsMs = Number(seconds) * 1000;
  return { token, lastsMs: Number.isFinite(lastsMs) && lastsMs > 0 ? lastsMs : untoldMs };
}

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

const noToken = (why: string) =>
  new CountersignError('target_unavailable', { what: `the token server gave ${why}` });
