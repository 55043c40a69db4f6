/** The policy and the connections in force, and how they are replaced: whole, or not at all. */
import type { PolicyView } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import type { Ledger } from '../ledger/ledger.ts';
import { appendEvent } from '../store/append-event.ts';
import type { Database } from '../store/store.ts';
import { type ConnectParts, connectAll } from './connect.ts';
import type { Current } from './room.ts';

export interface PolicyInForce {
  current(): Current;
  view(): PolicyView;
  /** @throws {CountersignError} `config_invalid`; the policy in force then stays. */
  load(file: LoadedFile, by: string): Promise<PolicyView>;
  close(): Promise<void>;
}

export interface PolicyParts extends ConnectParts {
  readonly db: Database;
  readonly ledger: Ledger;
}

export async function policyInForce(parts: PolicyParts, file: LoadedFile): Promise<PolicyInForce> {
  const { db, ledger, runtime } = parts;
  let current: Current = { policy: file.policy, connections: connectAll(parts, file) };
  let warnings = file.warnings;
  let loadedAt = runtime.now();

  const tell = async (by: string) => {
    await appendEvent(
      db,
      await ledger.event({ type: 'policy.loaded', actor: by, data: { version: current.policy.version } }),
    );
    ledger.wake();
  };
  const view = (): PolicyView => ({
    version: current.policy.version,
    loaded_at: new Date(loadedAt).toISOString(),
    rules: current.policy.rules.map((rule) => rule.name),
    warnings: [...warnings],
  });

  await tell('gateway');
  return {
    current: () => current,
    view,
    load: async (next, by) => {
      const before = current.connections;
      current = { policy: next.policy, connections: connectAll(parts, next, before) };
      ({ warnings } = next);
      loadedAt = runtime.now();
      await tell(by);
      const kept = new Set(current.connections.values());
      // Calls that run on a connection that is gone finish on it; its pools close when they are done.
      for (const old of before.values()) if (!kept.has(old)) void old.target.close();
      return view();
    },
    close: async () => {
      await Promise.all([...current.connections.values()].map(({ target }) => target.close()));
    },
  };
}
