/** Tokens for agents and services from an identity provider, by OAuth 2.0 client credentials. */
import { CountersignError } from '@countersign/core';
import { z } from 'zod';
import { readBounded } from './answer.ts';
import { baseUrl } from './base-url.ts';

/** Where tokens come from, and for whom. */
export interface ClientCredentialsOptions {
  /** The provider's token endpoint; https, or http on loopback. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Scopes, with spaces between them. */
  readonly scope?: string;
  /** What some providers want to name the audience by. */
  readonly audience?: string;
  /** What others do (RFC 8707). */
  readonly resource?: string;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

/** Milliseconds before its end at which a token is replaced, and which the provider may take to answer. */
const [earlyMs, withinMs] = [30_000, 10_000];

const answerSchema = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive().optional(),
});

/**
 * A source of tokens, to be given as `token`: it keeps the one it has until shortly before its end, and asks once though
 * many want one.
 *
 * @throws {CountersignError} `config_invalid` for an address that may not be used. What it makes throws
 * `unauthenticated` where the provider gives no token; its message holds nothing of the provider's answer.
 */
export function clientCredentials(options: ClientCredentialsOptions): () => Promise<string> {
  const { clientId, clientSecret, scope, audience, resource, fetch: send = globalThis.fetch } = options;
  baseUrl(options.tokenUrl);
  const url = new URL(options.tokenUrl);
  const encode = (text: string) => encodeURIComponent(text).replace(/%20/g, '+');
  const authorization = `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`;
  let kept: { readonly token: string; readonly until: number } | null = null;
  let asking: Promise<string> | null = null;

  const refused = (what: string, cause?: unknown) =>
    new CountersignError('unauthenticated', { what: `the identity provider ${what}` }, { cause });
  const ask = async (): Promise<string> => {
    const asked = performance.now();
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    for (const [name, value] of Object.entries({ scope, audience, resource }))
      if (value !== undefined) body.set(name, value);
    let text: string;
    try {
      const signal = AbortSignal.timeout(withinMs);
      const response = await send(url, {
        method: 'POST',
        headers: { authorization },
        body,
        redirect: 'error',
        signal,
      });
      text = await readBounded(response, 1024 * 1024);
      if (!response.ok) throw refused(`answered ${response.status}`);
    } catch (thrown) {
      throw thrown instanceof CountersignError ? thrown : refused('can’t be reached', thrown);
    }
    const answer = answerSchema.safeParse(jsonOrNull(text));
    if (!answer.success) throw refused('answered no bearer token');
    const { access_token: token, expires_in: seconds = 0 } = answer.data;
    kept = { token, until: asked + seconds * 1000 - earlyMs };
    return token;
  };
  return async () => {
    if (kept !== null && performance.now() < kept.until) return kept.token;
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
