/** Tokens to principals. Local tokens implement it; so can any other issuer of identity. */
import type { Principal } from '@countersign/core';

export interface TokenVerifier {
  /** The principal a token proves; null for one that is not this verifier's, unknown, expired or revoked. */
  verify(token: string): Promise<Principal | null>;
}

/** The first verifier that knows a token speaks for it. */
export function anyOf(...verifiers: readonly TokenVerifier[]): TokenVerifier {
  return {
    verify: async (token) => {
      for (const verifier of verifiers) {
        const principal = await verifier.verify(token);
        if (principal !== null) return principal;
      }
      return null;
    },
  };
}
