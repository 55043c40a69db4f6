/**
 * Judges in this process, from the policy file: no gateway runs, nothing is kept. Explaining needs no store; running
 * needs one, which is made at the first call and thrown away.
 */
import type { Principal } from '@countersign/core';
import type { Engine } from '@countersign/gateway';
import type { LoadedFile } from '@countersign/policy';
import type { Judge } from './judge.ts';
import type { CallerName } from './options.ts';

export interface EngineOptions {
  readonly file: LoadedFile;
  readonly caller: CallerName;
  readonly groups: readonly string[];
}

export async function engineJudge({ file, caller, groups }: EngineOptions): Promise<Judge> {
  const { openEngine, openExplainer } = await import('@countersign/gateway');
  const explainer = openExplainer(file);
  let engine: Promise<Engine> | null = null;
  const principal: Principal = { ...caller, groups, account: null, owner: null, onBehalfOf: null };
  return {
    explain: async (call, signal) => {
      const { lineage, ...judgement } = await explainer.explain(principal, call, signal);
      return { ...judgement, ...(lineage === null ? {} : { lineage }) };
    },
    run: async (call, signal) => {
      engine ??= openEngine({ file, store: 'memory' });
      const { lineage, result, error, ...judgement } = await (await engine).run(principal, call, signal);
      return {
        ...judgement,
        ...(lineage === null ? {} : { lineage }),
        ...(result === null ? {} : { result }),
        ...(error === null ? {} : { error }),
      };
    },
    connections: async () => [...file.connections.keys()],
    close: async () => {
      await explainer.close();
      await (await engine)?.close();
    },
  };
}
