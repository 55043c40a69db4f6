/** Identity providers at which people sign in, as a client of theirs: found by discovery, looked at anew every hour. */
import { CountersignError } from '@countersign/core';
import type { Issuer, Policy, ProviderClient, SignIn } from '@countersign/policy';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { boundedFetch } from './bounded-fetch.ts';

const keptMs = 3_600_000;

/** An issuer at which people sign in. */
export type Provider = Issuer & { readonly signIn: SignIn };

/** Those at which people sign in, in the file's order. */
export function providersOf({ identity }: Policy): readonly Provider[] {
  return [...identity.issuers.values()].flatMap((issuer) =>
    issuer.signIn === null ? [] : [{ ...issuer, signIn: issuer.signIn }],
  );
}

/** @throws {CountersignError} `not_found`. */
export function providerNamed(policy: Policy, name: string | undefined): Provider {
  const all = providersOf(policy);
  const [only, another] = all;
  const found = name === undefined && another === undefined ? only : all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CountersignError('not_found', {
    what: only === undefined ? 'nobody signs in here: no issuer has sign_in' : 'no such issuer',
    expected: all.map((one) => one.name).join(', '),
  });
}

export interface Providers {
  /** The gateway as a client of a provider: for browsers, or for commands. @throws {CountersignError} `unavailable`. */
  client(provider: Provider, as?: 'browser' | 'device'): Promise<Configuration>;
}

export function createProviders(runtime: Runtime): Providers {
  const known = new Map<string, { readonly since: number; readonly client: Promise<Configuration> }>();
  return {
    client: ({ name, issuer, signIn }, as = 'browser') => {
      const own = as === 'browser' ? signIn : signIn.device;
      const key = JSON.stringify([issuer, own.clientId, own.clientSecret]);
      const kept = known.get(key);
      if (kept !== undefined && !hasPassed(runtime, kept.since, keptMs)) return kept.client;
      const client = find(issuer, own).catch((cause: unknown) => {
        known.delete(key);
        throw new CountersignError('unavailable', { what: `${name} can't be asked` }, { cause });
      });
      known.set(key, { since: runtime.now(), client });
      return client;
    },
  };
}

/** The library never sends a body of `undefined`, though its types say so. */
const ask: CustomFetch = (url, options) => boundedFetch(url, options as RequestInit);

async function find(issuer: string, { clientId, clientSecret }: ProviderClient): Promise<Configuration> {
  const url = new URL(issuer);
  // Plain http is taken by the policy file for this machine only.
  const execute = [enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [allowInsecureRequests] : [])];
  const discover = (auth: ReturnType<typeof None>) =>
    discovery(url, clientId, undefined, auth, { execute, [customFetch]: ask, timeout: 5 });
  if (clientSecret === null) return discover(None());
  const basic = await discover(ClientSecretBasic(clientSecret));
  const ways = basic.serverMetadata().token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return ways.includes('client_secret_basic') ? basic : discover(ClientSecretPost(clientSecret));
}
