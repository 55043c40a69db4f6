/** What makes two calls the same thing again: the keys of the rejection memory and of open outcomes. */
import { type CallInput, canonicalJson, type Json, type Principal, sha256 } from '@countersign/core';
import type { Analysis } from '../protocols/protocol.ts';

/** Same connection and exact input, by the same principal for the same person, in any run. */
export function inputKey(principal: Principal, connection: string, input: CallInput): string {
  const { id, onBehalfOf } = principal;
  return sha256(
    `countersign.same-input.v1\n${canonicalJson({ principal: id, onBehalfOf, connection, input: input as Json })}`,
  );
}

/** Same effects and statement fingerprint on one connection. */
export function effectKey(connection: string, analysis: Analysis | null): string {
  if (analysis === null) return '';
  const effects = analysis.effects.map(({ action, resource, via = null }) => ({ action, resource, via }));
  return sha256(
    `countersign.same-effect.v1\n${canonicalJson({ connection, effects, fingerprint: analysis.fingerprint })}`,
  );
}
