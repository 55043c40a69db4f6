/** The policy and the connections in force, and how they are replaced: whole, or not at all. */
import { CountersignError, type PolicyView } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import type { Ledger } from '../ledger/ledger.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { appendEvent } from '../store/append-event.ts';
import type { Database } from '../store/store.ts';
import type { Connected, Current } from './room.ts';

export interface PolicyInForce {
  current(): Current;
  view(): PolicyView;
  /** @throws {CountersignError} `config_invalid`; the policy in force then stays. */
  load(file: LoadedFile, by: string): Promise<PolicyView>;
  close(): Promise<void>;
}

export interface PolicyParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly runtime: Runtime;
  readonly protocols: ReadonlyMap<string, Protocol>;
}

export async function policyInForce(parts: PolicyParts, file: LoadedFile): Promise<PolicyInForce> {
  const { db, ledger, runtime, protocols } = parts;
  let current: Current = { policy: file.policy, connections: connectAll(file, new Map()) };
  let warnings = file.warnings;
  let loadedAt = runtime.now();

  function connectAll(next: LoadedFile, before: ReadonlyMap<string, Connected>): Map<string, Connected> {
    const connections = new Map<string, Connected>();
    for (const [name, config] of next.connections) {
      const kept = before.get(name);
      const protocol = protocols.get(config.protocol);
      if (protocol === undefined) {
        throw new CountersignError('config_invalid', {
          what: `${name} speaks ${config.protocol}`,
          expected: `one of ${[...protocols.keys()].join(', ')}`,
        });
      }
      const same = kept !== undefined && JSON.stringify(kept.config) === JSON.stringify(config);
      connections.set(name, same ? kept : { config, target: protocol.connect(config, runtime) });
    }
    return connections;
  }

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
      current = { policy: next.policy, connections: connectAll(next, before) };
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
