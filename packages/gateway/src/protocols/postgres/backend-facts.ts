/** What identifies a backend and its transaction, so that both can be found again from another connection. */
import type { Json } from '@countersign/core';
import type { GuardedClient } from '../../connections/guarded-client.ts';

export interface BackendFacts {
  readonly major: number;
  readonly pid: string;
  /** Seconds since the epoch, to the microsecond: a pid is used again, a pid with its start isn't. */
  readonly backendStart: string;
}

/** The evidence of a write: stored before its statement is sent, read by the recovery. */
export interface Evidence {
  readonly version: 1;
  readonly pid: string;
  readonly backendStart: string;
  readonly xid: string;
  /** A server restored from elsewhere, or promoted, numbers its transactions anew. */
  readonly systemIdentifier: string;
  /** Of the write-ahead log, eight hex digits. */
  readonly timeline: string;
}

export interface WriteFacts extends BackendFacts {
  readonly evidence: Evidence & { readonly [key: string]: Json };
}

const backend = `pg_catalog.current_setting('server_version_num') AS version,
  s.pid::text AS pid, extract(epoch from s.backend_start)::text AS started`;
const from = 'FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS s';

/** The timeline comes from the log's position: the control file's lags behind after a promotion. */
export const identity = `
  (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system,
  CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
    ELSE pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END AS timeline`;

export const readFactsQuery = `SELECT ${backend} ${from}`;

/** Assigns the transaction its id. */
export const writeFactsQuery = `SELECT ${backend}, pg_catalog.pg_current_xact_id()::text AS xid, ${identity} ${from}`;

export type FactsRow = Readonly<Record<string, string | null>>;

/** A connection has one server process for as long as it lasts. */
const known = new WeakMap<GuardedClient, BackendFacts>();

/** What an earlier transaction on this connection was told; null at the first. */
export const knownFacts = (client: GuardedClient): BackendFacts | null => known.get(client) ?? null;

export function readFacts(client: GuardedClient, row: FactsRow | undefined): BackendFacts {
  const facts = {
    major: Math.floor(Number(text(row, 'version')) / 10_000),
    pid: text(row, 'pid'),
    backendStart: text(row, 'started'),
  };
  known.set(client, facts);
  return facts;
}

export function writeFacts(client: GuardedClient, row: FactsRow | undefined): WriteFacts {
  const facts = readFacts(client, row);
  const { pid, backendStart } = facts;
  const [xid, systemIdentifier, timeline] = [text(row, 'xid'), text(row, 'system'), text(row, 'timeline')];
  return { ...facts, evidence: { version: 1, pid, backendStart, xid, systemIdentifier, timeline } };
}

function text(row: FactsRow | undefined, name: string): string {
  const value = row?.[name];
  if (typeof value !== 'string') throw new TypeError(`the server did not tell its ${name}`);
  return value;
}
