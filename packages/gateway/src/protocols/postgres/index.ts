/**
 * The PostgreSQL protocol: a call is one SQL text with its parameters.
 *
 * @module
 */
import { CountersignError, type Json } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { createAnalyser } from '@countersign/postgres';
import { CatalogCache } from '../../connections/catalog-cache.ts';
import { checkLogins } from '../../connections/login-check.ts';
import { loadCatalog } from '../../connections/postgres-catalog.ts';
import { postgresConnection } from '../../connections/postgres-connection.ts';
import { unavailable } from '../../connections/postgres-fault.ts';
import { readLogins } from '../../connections/postgres-logins.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Protocol, Target } from '../protocol.ts';
import { analyse, planOf } from './effects.ts';
import { execute } from './execute.ts';
import { type PostgresInput, parseInput } from './input.ts';
import { inspect } from './inspect.ts';
import { preview, reachesTarget } from './preview.ts';
import { placedTexts, putBack } from './put-back.ts';
import type { Reach, Trials } from './reach.ts';
import { settle } from './recover.ts';

/** Milliseconds that a recovery keeps asking before it reports the target as not to be reached. */
const recoverWithinMs = 30_000;
const pingWithinMs = 5000;

export const postgres: Protocol = Object.freeze({ name: 'postgres', connect, inspect });

function connect(config: ConnectionConfig, runtime: Runtime): Target {
  const logins = readLogins(config);
  const connection = postgresConnection(logins, runtime);
  const closing = new AbortController();
  const reach: Reach = {
    connection,
    runtime,
    hasWall: logins.hasWall,
    analyser: createAnalyser(),
    catalogs: new CatalogCache(async () => {
      const catalog = await loadCatalog(connection);
      await checkLogins(connection, logins, catalog.searchPath);
      return catalog;
    }, runtime),
    trials: trialsOf(config),
    closing: closing.signal,
  };
  const running = new Set<Promise<unknown>>();

  /** Counts work, so that `close` can wait for it. */
  function counted<T>(work: Promise<T>): Promise<T> {
    running.add(work);
    const done = () => running.delete(work);
    work.then(done, done);
    return work;
  }
  const until = (signal: AbortSignal) => AbortSignal.any([signal, closing.signal]);

  async function close(): Promise<void> {
    closing.abort(new CountersignError('shutting_down'));
    await Promise.allSettled(running);
    await reach.analyser.close();
    await connection.close();
  }
  let closed: Promise<void> | undefined;

  return {
    parse: parseInput,
    analyse: (input, signal) => counted(analyse(reach, own(input), signal)),
    placedTexts: (input, signal) => counted(placedTexts(reach, own(input), signal)),
    putBack: (input, values) => putBack(own(input), values),
    preview: (input, analysis, signal, wish) =>
      counted(preview(reach, own(input), analysis, until(signal), wish)),
    previewReachesTarget: (input, analysis) => reachesTarget(reach, analysis, planOf(analysis, own(input))),
    execute: (input, analysis, context) => counted(execute(reach, own(input), analysis, context)),
    recover: (evidence, signal) => counted(settle(reach, evidence, recoverWithinMs, until(signal))),
    ping: (signal) => counted(ping(reach, until(signal))),
    close: () => (closed ??= close()),
  };
}

/** Milliseconds a trial may hold its locks, where the file says nothing. */
const trialTimeoutMs = 500;

function trialsOf({ settings }: ConnectionConfig): Trials | null {
  const { preview: way, trial_timeout: timeoutMs, undone_by_rollback: undone } = settings;
  if (way !== 'trial') return null;
  return {
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : trialTimeoutMs,
    undone: new Set(Array.isArray(undone) ? undone.map((name) => `function:${String(name)}`) : []),
  };
}

async function ping({ connection }: Reach, signal: AbortSignal): Promise<void> {
  const backend = await connection.open('read', signal);
  try {
    await backend.within(pingWithinMs, backend.client.query('SELECT 1'));
  } catch (error) {
    throw unavailable(error);
  } finally {
    void backend.recycle();
  }
}

/** Inputs come back from the store as they went in, by `parse`. */
const own = (input: Json): PostgresInput => input as unknown as PostgresInput;
