/**
 * The same road without its record: analysis, decision, masks and target are the gateway's own, but nothing is kept of a
 * call, so that thousands can be tried.
 */
import type { CallId, Decision } from '@countersign/core';
import { decide, type LoadedFile } from '@countersign/policy';
import { makeMasker } from '../../../packages/gateway/src/masking/masker.ts';
import { postgres } from '../../../packages/gateway/src/protocols/postgres/index.ts';
import type { Execution } from '../../../packages/gateway/src/protocols/protocol.ts';
import { systemRuntime } from '../../../packages/gateway/src/runtime/runtime.ts';
import { agent } from '../road.ts';

/** A decision; and what came of the call, where it was allowed. */
export interface QuickAnswer {
  readonly decision: Decision | null;
  /** Why there was no decision: the code of the denial. */
  readonly code: string;
  readonly execution: Execution | null;
}

export interface QuickRoad extends AsyncDisposable {
  ask(connection: string, sql: string): Promise<QuickAnswer>;
}

export function openQuickRoad({ policy, connections }: LoadedFile): QuickRoad {
  const targets = new Map(
    [...connections.values()].map((config) => [config.name, postgres.connect(config, systemRuntime)]),
  );
  const signal = new AbortController().signal;
  const scope = { secret: new Uint8Array(32), principal: agent.id, run: 'r' };
  return {
    async ask(connection, sql) {
      const config = connections.get(connection);
      const target = targets.get(connection);
      if (config === undefined || target === undefined) throw new Error(connection);
      const input = target.parse({ sql });
      const analysis = await target.analyse(input, signal).catch((error: Error & { code?: string }) => error);
      if (analysis instanceof Error) return { decision: null, code: `${analysis.code}`, execution: null };
      const { effects, lineage } = analysis;
      const decision = decide(policy, { principal: agent, connection: config, effects, lineage });
      if (decision.verdict !== 'allow') return { decision, code: decision.code, execution: null };
      const execution = await target.execute(input, analysis, {
        call: 'call_test' as CallId,
        limits: config.limits,
        masks: decision.masks,
        masker: makeMasker(decision.masks, scope),
        started: async () => undefined,
        signal,
      });
      return { decision, code: 'allowed', execution };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...targets.values()].map((target) => target.close()));
    },
  };
}
