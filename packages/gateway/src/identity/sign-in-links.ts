/**
 * Links that sign a person in once, for the demo: made in the gateway's own process, by whoever runs it. Who has one is
 * signed in and has not voted: what it leads to asks like any other page.
 */
import { sha256 } from '@countersign/core';
import { LRUCache } from 'lru-cache';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Milliseconds a link can be used. */
const lastsMs = 10 * 60_000;

export interface SignInLinks {
  /** @returns a code that signs in whoever has the account, once, within ten minutes. */
  make(account: string): string;
  /** The account of a code, which is then spent; null for one that is none any more. */
  take(code: string): string | null;
}

export function signInLinks(runtime: Runtime): SignInLinks {
  const links = new LRUCache<string, { readonly account: string; readonly since: number }>({ max: 100 });
  return {
    make: (account) => {
      const code = runtime.randomBytes(32).toString('base64url');
      links.set(sha256(code), { account, since: runtime.now() });
      return code;
    },
    take: (code) => {
      const digest = sha256(code);
      const link = links.get(digest);
      links.delete(digest);
      return link === undefined || hasPassed(runtime, link.since, lastsMs) ? null : link.account;
    },
  };
}
