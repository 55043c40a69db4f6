/**
 * Why a PostgreSQL server could not be used, and what to do. Of the fault only its code is read: a driver's message may
 * quote the URL.
 */
import type { CountersignError } from '@countersign/core';
import { unavailable } from './postgres-fault.ts';

export interface InWords {
  readonly what: string;
  readonly advice: string;
}

const known: ReadonlyMap<string, readonly [what: string, advice: string]> = new Map([
  ['ECONNREFUSED', ['nothing listens there', 'Start the server, or mend host and port in its URL.']],
  ['ENOTFOUND', ['no host has that name', 'Mend the host in its URL.']],
  ['EAI_AGAIN', ['its host name could not be looked up', 'See whether this machine’s DNS works.']],
  ['ECONNRESET', ['the connection was cut', 'See whether a PostgreSQL server listens there, and its log.']],
  ['EHOSTUNREACH', ['there is no way to its host', 'See the network between this machine and the server.']],
  ['ENETUNREACH', ['there is no way to its host', 'See the network between this machine and the server.']],
  ['28P01', ['the server refuses the password', 'Mend the user or the password in its URL.']],
  ['28000', ['the server refuses the login', 'See the role and the server’s pg_hba.conf.']],
  ['3D000', ['the server has no such database', 'Mend the database in its URL.']],
  ['42501', ['the login lacks a privilege', 'GRANT it CONNECT on the database, and USAGE on its schemas.']],
  ['53300', ['the server has no connection left', 'Raise max_connections, or end what is idle.']],
  [
    '57014',
    ['the server’s own statement_timeout ended a simple question', 'Raise statement_timeout of the role.'],
  ],
  ['57P03', ['the server is starting up or shutting down', 'Try again in a moment.']],
]);

const certificate = /CERT|SIGNATURE|SIGNED/;

/** @param thrown What the driver threw, or `timed_out`. */
export function faultInWords(thrown: unknown): InWords {
  const error: CountersignError = unavailable(thrown);
  if (error.code === 'timed_out')
    return {
      what: 'no answer within five seconds',
      advice: 'See whether the server is up and the way to it is open.',
    };
  const code = error.details.what ?? 'no reason given';
  const [what, advice] = known.get(code) ?? [];
  if (what !== undefined && advice !== undefined) return { what, advice };
  if (certificate.test(code))
    return {
      what: 'its certificate is not trusted here',
      advice: 'Name the CA in the URL: sslmode=verify-full&sslrootcert=FILE.',
    };
  return {
    what: `it can’t be used (${code})`,
    advice: 'See the server’s log, and whether it speaks TLS as the URL asks.',
  };
}
