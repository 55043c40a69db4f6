/** Explains calls from a policy file alone: no store, so nothing is recorded and no earlier call is known. */
import type { CallInput, Principal } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import { connectAll } from './calls/connect.ts';
import { type Explained, explainWith } from './calls/explain.ts';
import { protocols } from './protocols/index.ts';
import { systemRuntime } from './runtime/runtime.ts';

/** Explains calls from a policy file alone. */
export interface Explainer {
  /** @throws {CountersignError} `unknown_connection`, `wrong_protocol`, `malformed` for what is no call at all. */
  explain(
    principal: Principal,
    call: { readonly connection: string; readonly input: CallInput },
    signal: AbortSignal,
  ): Promise<Explained>;
  /** Closes what was opened at the targets. */
  close(): Promise<void>;
}

/**
 * Makes an explainer. It opens no target before the first call on it.
 *
 * @throws {CountersignError} `config_invalid` for a connection that can't work as it is configured.
 */
export function openExplainer(file: LoadedFile): Explainer {
  const connections = connectAll({ protocols, runtime: systemRuntime }, file);
  const judging = {
    current: () => ({ policy: file.policy, connections, webhooks: file.webhooks }),
    stops: { holds: () => false },
    log: { error: () => undefined, warn: () => undefined },
  };
  return {
    explain: (principal, call, signal) => explainWith(judging, principal, call, async () => false, signal),
    close: async () => {
      await Promise.all([...connections.values()].map(({ target }) => target.close()));
    },
  };
}
