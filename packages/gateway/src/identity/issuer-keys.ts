/**
 * The keys of issuers, found by discovery and fetched anew when they are ten minutes old, or when a token names one that
 * is not among them; then at most twice a minute, so that nobody can have an issuer asked at will.
 */
import { CountersignError } from '@countersign/core';
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { boundedFetch } from './bounded-fetch.ts';

/** Milliseconds keys are kept, and between two fetches for keys that are not among them. */
const [keptMs, cooldownMs] = [10 * 60_000, 30_000];
/** Milliseconds an issuer that could not be reached is left alone. */
const leftAloneMs = 5000;

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
  const found = new Map<string, Promise<JWTVerifyGetKey>>();
  const failed = new Map<string, number>();

  const unreachable = (issuer: string, cause?: unknown) =>
    new CountersignError('unavailable', { what: `the keys of ${issuer} can't be had` }, { cause });
  const fetchOf = (issuer: string) => async (url: string | URL, init?: RequestInit) => {
    const since = failed.get(issuer);
    if (since !== undefined && !hasPassed(runtime, since, leftAloneMs)) throw unreachable(issuer);
    try {
      const response = await boundedFetch(url, init);
      if (response.status !== 200) throw new TypeError(`status ${response.status}`);
      failed.delete(issuer);
      return response;
    } catch (cause) {
      failed.set(issuer, runtime.now());
      throw unreachable(issuer, cause);
    }
  };
  const discover = async (issuer: string): Promise<JWTVerifyGetKey> => {
    const get = fetchOf(issuer);
    const where = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const read = documentSchema.safeParse(await (await get(where)).json());
    if (!read.success || read.data.issuer !== issuer)
      throw unreachable(issuer, new TypeError('its document is of another issuer'));
    return createRemoteJWKSet(new URL(read.data.jwks_uri), {
      cacheMaxAge: keptMs,
      cooldownDuration: cooldownMs,
      [customFetch]: get,
    });
  };

  return {
    of: (issuer) => {
      let keys = found.get(issuer);
      if (keys === undefined) {
        keys = discover(issuer).catch((thrown: unknown) => {
          found.delete(issuer);
          throw thrown instanceof CountersignError ? thrown : unreachable(issuer, thrown);
        });
        found.set(issuer, keys);
      }
      return keys;
    },
  };
}
