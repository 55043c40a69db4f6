/** The gateway's own store and keys, looked at from beside it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '@countersign/core';
import type { ServerConfig } from '@countersign/policy';
import { type Runtime, systemRuntime } from '../runtime/runtime.ts';
import { inspectEmbedded } from './embedded-store.ts';
import { privateTo } from './file-modes.ts';
import { inspectKeys } from './keys.ts';
import { inspectPostgresStore } from './postgres-store.ts';

/** What is known before a store is looked at. */
export interface InspectStoreOptions {
  /** Whether a gateway runs on it: an embedded store is then its own, and is not opened. */
  readonly gatewayAlive: boolean;
  /** The keys file; default `keys` in the data folder. */
  readonly keys?: string | undefined;
  readonly runtime?: Runtime;
  /** Ends the look; what it is aborted with is thrown. */
  readonly signal: AbortSignal;
}

/**
 * Looks at the store, its folder and its keys, and changes nothing there. What can't be reached is a finding.
 *
 * @throws The signal's reason where it aborts.
 */
export async function inspectStore(
  { data, store }: ServerConfig,
  { gatewayAlive, keys, runtime = systemRuntime, signal }: InspectStoreOptions,
): Promise<readonly Finding[]> {
  const { findings, used } =
    store.kind === 'embedded'
      ? await inspectEmbedded(data, gatewayAlive)
      : await inspectPostgresStore(store.url, runtime, signal);
  return [...findings, await inspectKeys(keys ?? join(data, 'keys'), used)];
}

/**
 * Looks at `gateway.json`: who can read it can become anyone.
 *
 * @param data The data folder.
 * @returns null where there is no such file, as when no gateway runs.
 */
export async function inspectNote(data: string): Promise<Finding | null> {
  const path = join(data, 'gateway.json');
  if (!existsSync(path)) return null;
  const missing: Finding = { name: 'gateway.file', verdict: 'ok', what: 'it is gone again', advice: null };
  return await privateTo({ name: 'gateway.file', path, what: 'the operator’s token in', missing });
}
