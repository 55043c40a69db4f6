/** Tells a fault of the store from one of the code: the store's carry a SQLSTATE or a socket's code, or say it is closed. */
import { asCountersignError, CountersignError } from '@countersign/core';

const sqlState = /^[0-9A-Z]{5}$/;
const socketFault = /^E[A-Z]{3,}$/;
const closed = /closed|terminated|destroyed|Connection|timeout/i;

/** By what it carries, not by its class: a socket's errors may come from another realm. */
function isStoreFault(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { code, name, message } = thrown as { code?: unknown; name?: unknown; message?: unknown };
  if (typeof code === 'string' && (sqlState.test(code) || socketFault.test(code))) return true;
  return name !== 'TypeError' && typeof message === 'string' && closed.test(message);
}

/** Whatever was thrown, as a CountersignError: `unavailable` where the store failed, else `internal`. */
export function faultOf(thrown: unknown): CountersignError {
  return asCountersignError(thrown, isStoreFault(thrown) ? 'unavailable' : 'internal');
}
