/** What became of a write whose end nobody saw: the server knows, if it is still the same server. */
import { CountersignError, type Json } from '@countersign/core';
import type { ClientBase } from 'pg';
import type { Recovered } from '../protocol.ts';
import { type Evidence, identity } from './backend-facts.ts';
import { backendSignalQuery } from './backend-signal.ts';
import type { Reach } from './reach.ts';
import { xactStatus } from './xact-status.ts';

/** Milliseconds between two questions. */
const pauseMs = 200;

/**
 * Ends the write's backend, waits until its transaction is over, and tells how. Asks until `withinMs` has passed.
 *
 * @throws {CountersignError} `target_unavailable` where no answer came in time; the signal's reason.
 */
export async function settle(
  { connection, runtime }: Reach,
  evidence: Json,
  withinMs: number,
  signal: AbortSignal,
): Promise<Recovered> {
  const asked = readEvidence(evidence);
  if (asked === null) return { outcome: 'unknown', ran: null };
  const until = runtime.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await connection
      .aside('write', (client) => ask(client, asked))
      .catch((): Answer => 'unreachable');
    if (answer === 'committed') return { outcome: 'succeeded', ran: null };
    if (answer === 'aborted') return { outcome: 'failed', ran: 'rolled_back' };
    if (answer === 'unknown') return { outcome: 'unknown', ran: null };
    if (runtime.now() >= until) throw new CountersignError('target_unavailable', { what: answer });
    await runtime.sleep(pauseMs, signal);
  }
}

type Answer = 'committed' | 'aborted' | 'in progress' | 'unknown' | 'unreachable';

async function ask(client: ClientBase, evidence: Evidence): Promise<Answer> {
  const { rows } = await client.query<{ system: string; timeline: string | null }>(`SELECT ${identity}`);
  // Another cluster, or another history of this one: its transaction of that number is not ours.
  if (rows[0]?.system !== evidence.systemIdentifier || rows[0].timeline !== evidence.timeline)
    return 'unknown';
  await client.query(backendSignalQuery('terminate'), [evidence.pid, evidence.backendStart]);
  return (await xactStatus(client, evidence.xid)) ?? 'unknown';
}

/** Evidence comes from the store; what is not in our form can't be asked about. */
function readEvidence(value: Json): Evidence | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const evidence = value as unknown as Partial<Record<keyof Evidence, Json>>;
  const wellFormed =
    evidence.version === 1 &&
    isDigits(evidence.pid) &&
    isDigits(evidence.xid) &&
    typeof evidence.backendStart === 'string' &&
    typeof evidence.systemIdentifier === 'string' &&
    typeof evidence.timeline === 'string';
  return wellFormed ? (evidence as unknown as Evidence) : null;
}

const isDigits = (value: Json | undefined): boolean => typeof value === 'string' && /^\d{1,20}$/.test(value);
