/** Why a server could not be reached, or did not answer: a code and nothing else, because messages quote URLs. */
import { CountersignError } from '@countersign/core';

/** @param thrown What the socket or the HTTP client threw. */
export function unreachable(thrown: unknown): CountersignError {
  for (let fault: unknown = thrown, depth = 0; depth < 4; depth++) {
    if (fault instanceof CountersignError) return fault;
    if (typeof fault !== 'object' || fault === null || !('cause' in fault)) break;
    fault = fault.cause;
  }
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : '';
  const what = typeof code === 'string' && /^[A-Z_0-9]{1,60}$/.test(code) ? code : 'connection lost';
  return new CountersignError('target_unavailable', { what });
}
