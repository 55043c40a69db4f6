/** The policy and the connections in force, and how they are replaced: whole, or not at all, and one after the other. */
import type { PolicyView } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import type { Ledger } from '../ledger/ledger.ts';
import { appendEvent } from '../store/append-event.ts';
import type { Database } from '../store/store.ts';
import { type ConnectParts, connectAll } from './connect.ts';
import type { Matched } from './matched.ts';
import type { Connected, Current } from './room.ts';

export interface PolicyInForce {
  current(): Current;
  view(): PolicyView;
  /**
   * Reads the file once earlier loads are over, so that what is read last is what stays in force.
   *
   * @throws {CountersignError} `config_invalid`; the policy in force then stays.
   */
  load(read: () => Promise<LoadedFile>, by: string): Promise<PolicyView>;
  close(): Promise<void>;
}

export interface PolicyParts extends ConnectParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly matched: Matched;
  /** Closes a connection that was replaced, once the calls that run on it have finished. */
  retire(connected: Connected): void;
}

export async function policyInForce(parts: PolicyParts, file: LoadedFile): Promise<PolicyInForce> {
  const { db, ledger, runtime } = parts;
  let current: Current = {
    policy: file.policy,
    connections: connectAll(parts, file),
    webhooks: file.webhooks,
  };
  let { warnings, text } = file;
  let loadedAt = runtime.now();

  const tell = async (by: string, version: string) => {
    await appendEvent(db, await ledger.event({ type: 'policy.loaded', actor: by, data: { version } }));
    ledger.wake();
  };
  const view = (): PolicyView => ({
    version: current.policy.version,
    loaded_at: new Date(loadedAt).toISOString(),
    rules: current.policy.rules.map((rule) => rule.name),
    warnings: [...warnings],
    text,
    ...parts.matched.view(current.policy),
  });

  const replace = async (next: LoadedFile, by: string): Promise<PolicyView> => {
    const before = current.connections;
    const connections = connectAll(parts, next, before);
    // Recorded first: no call is ever decided under a policy that the ledger does not know.
    await tell(by, next.policy.version);
    current = { policy: next.policy, connections, webhooks: next.webhooks };
    ({ warnings, text } = next);
    loadedAt = runtime.now();
    const kept = new Set(connections.values());
    for (const old of before.values()) if (!kept.has(old)) parts.retire(old);
    return view();
  };
  let earlier: Promise<unknown> = Promise.resolve();

  await tell('gateway', file.policy.version);
  return {
    current: () => current,
    view,
    load: (read, by) => {
      const loaded = earlier.then(async () => replace(await read(), by));
      earlier = loaded.catch(() => undefined);
      return loaded;
    },
    close: async () => {
      await Promise.all([...current.connections.values()].map(({ target }) => target.close()));
    },
  };
}
