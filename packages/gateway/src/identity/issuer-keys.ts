/**
 * The keys of issuers, found by discovery, which is made anew every hour and after a failure, and fetched anew when they are ten minutes old, or when a token names one that
 * is not among them; then at most twice a minute, so that nobody can have an issuer asked at will.
 */
import { CountersignError } from '@countersign/core';
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { boundedFetch } from './bounded-fetch.ts';

/** Milliseconds keys are kept, and between two fetches for keys that are not among them. */
const [keptMs, cooldownMs] = [10 * 60_000, 30_000];
/** Milliseconds an issuer that could not be reached is left alone, and for which what it says of itself holds. */
const [leftAloneMs, documentMs] = [5000, 3_600_000];

const documentSchema = z.object({ issuer: z.string(), jwks_uri: z.url() });

export interface IssuerKeys {
  /**
   * Finds the key that a token names, at its issuer.
   *
   * @throws {CountersignError} `unavailable` where the issuer can't be asked.
   */
  of(issuer: string): Promise<JWTVerifyGetKey>;
}

export function issuerKeys(runtime: Runtime): IssuerKeys {
  const found = new Map<string, { since: number; readonly keys: JWTVerifyGetKey }>();
  const asking = new Map<string, Promise<JWTVerifyGetKey>>();
  const failed = new Map<string, number>();

  const unreachable = (issuer: string, cause?: unknown) =>
    new CountersignError('unavailable', { what: `the keys of ${issuer} can't be had` }, { cause });
  const fail = (issuer: string, cause: unknown) => {
    failed.set(issuer, runtime.now());
    // Its keys may have moved: what it says of itself is asked for again.
    const known = found.get(issuer);
    if (known !== undefined) known.since = Number.NEGATIVE_INFINITY;
    return unreachable(issuer, cause);
  };
  const fetchOf = (issuer: string) => async (url: string | URL, init?: RequestInit) => {
    const since = failed.get(issuer);
    if (since !== undefined && !hasPassed(runtime, since, leftAloneMs)) throw unreachable(issuer);
    try {
      const response = await boundedFetch(url, init);
      if (response.status !== 200) throw new TypeError(`status ${response.status}`);
      failed.delete(issuer);
      return response;
    } catch (cause) {
      throw fail(issuer, cause);
    }
  };
  const discover = async (issuer: string): Promise<JWTVerifyGetKey> => {
    const get = fetchOf(issuer);
    const where = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const text = await (await get(where)).text();
    const read = documentSchema.safeParse(jsonOrNull(text));
    if (!read.success || read.data.issuer !== issuer)
      throw fail(issuer, new TypeError('its document is of another issuer'));
    const keys = createRemoteJWKSet(new URL(read.data.jwks_uri), {
      cacheMaxAge: keptMs,
      cooldownDuration: cooldownMs,
      [customFetch]: get,
    });
    return async (header, token) => {
      try {
        return await keys(header, token);
      } catch (thrown) {
        throw thrown instanceof errors.JWKSInvalid ? fail(issuer, thrown) : thrown;
      }
    };
  };
  /** Once at a time, however many want to know. */
  const discoverOnce = (issuer: string): Promise<JWTVerifyGetKey> => {
    const underWay = asking.get(issuer);
    if (underWay !== undefined) return underWay;
    const begun = discover(issuer).finally(() => asking.delete(issuer));
    asking.set(issuer, begun);
    return begun;
  };

  return {
    of: async (issuer) => {
      const known = found.get(issuer);
      if (known !== undefined && !hasPassed(runtime, known.since, documentMs)) return known.keys;
      try {
        const keys = await discoverOnce(issuer);
        found.set(issuer, { since: runtime.now(), keys });
        return keys;
      } catch (thrown) {
        // Keys that were fetched of late go on to serve while their issuer is away.
        if (known !== undefined) return known.keys;
        throw thrown;
      }
    },
  };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
