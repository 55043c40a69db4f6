/**
 * What went wrong at a PostgreSQL server. The driver's errors carry rows (DETAIL), function bodies (WHERE) and
 * addresses; they are read here and go no further.
 */
import { CountersignError } from '@countersign/core';

export type PostgresFault =
  /** The server refused; the connection may live on. */
  | { readonly kind: 'refused'; readonly sqlstate: string; readonly message: string }
  /** The server ended the session, has no room for one, or cannot be reached. `why` is a code: safe to show. */
  | { readonly kind: 'lost'; readonly why: string };

/** Errors after which the server closes the connection; severities are translated by the server, codes are not. */
const ending: ReadonlySet<string> = new Set([
  '53300', // too many connections
  '57P01', // ended by an administrator
  '57P02', // crash of another backend
  '57P03', // cannot connect now
  '57P04', // database dropped
  '57P05', // idle session timeout
  '25P03', // idle in transaction timeout
  '25P04', // transaction timeout
]);

export function readFault(thrown: unknown): PostgresFault {
  if (typeof thrown !== 'object' || thrown === null) return { kind: 'lost', why: 'connection lost' };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const fromServer = 'severity' in thrown && /^[0-9A-Z]{5}$/.test(code);
  if (!fromServer) return { kind: 'lost', why: /^[A-Z_0-9]{1,40}$/.test(code) ? code : 'connection lost' };
  // Class 28 is a login that the server refuses: nothing about the statement.
  if (ending.has(code) || code.startsWith('28')) return { kind: 'lost', why: code };
  return {
    kind: 'refused',
    sqlstate: code,
    message: thrown instanceof Error ? thrown.message : '',
  };
}

/** A fault of the target as it travels through the gateway: none of the driver's error is left in it. */
export class TargetFault extends Error {
  readonly fault: PostgresFault;

  constructor(thrown: unknown) {
    const fault = readFault(thrown);
    super(fault.kind === 'refused' ? `refused with ${fault.sqlstate}` : fault.why);
    this.name = 'TargetFault';
    this.fault = fault;
  }
}

/** For everything that is not an agent's own statement: the target could not do what the gateway needs of it. */
export function unavailable(thrown: unknown): CountersignError {
  if (thrown instanceof CountersignError) return thrown;
  const fault = thrown instanceof TargetFault ? thrown.fault : readFault(thrown);
  return new CountersignError('target_unavailable', {
    what: fault.kind === 'lost' ? fault.why : fault.sqlstate,
  });
}
