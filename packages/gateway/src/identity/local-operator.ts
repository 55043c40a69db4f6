/** The operator beside the gateway: a token made anew at each start, known only to who can read `gateway.json`. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '@countersign/core';
import type { Runtime } from '../runtime/runtime.ts';
import type { TokenVerifier } from './token-verifier.ts';

export const localOperatorPrincipal: Principal = Object.freeze({
  class: 'operator',
  id: 'operator:local',
  name: 'local',
  groups: Object.freeze([]),
  account: null,
  owner: null,
  onBehalfOf: null,
});

export function localOperator(runtime: Runtime): TokenVerifier & { readonly token: string } {
  const token = `cs_local_${runtime.randomBytes(32).toString('base64url')}`;
  const hash = (text: string) => createHash('sha256').update(text).digest();
  const expected = hash(token);
  return {
    token,
    verify: async (given) => (timingSafeEqual(hash(given), expected) ? localOperatorPrincipal : null),
  };
}
