/** Judges in this process, from the policy file, on a store that is thrown away: no gateway runs, nothing is kept. */
import type { Principal } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import type { Judge } from './judge.ts';
import type { CallerName } from './options.ts';

export interface EngineOptions {
  readonly file: LoadedFile;
  readonly caller: CallerName;
  readonly groups: readonly string[];
}

export async function engineJudge({ file, caller, groups }: EngineOptions): Promise<Judge> {
  const { openEngine } = await import('@countersign/gateway');
  const engine = await openEngine({ file, store: 'memory' });
  const principal: Principal = { ...caller, groups, account: null, owner: null, onBehalfOf: null };
  return {
    explain: async ({ connection, input }, signal) => {
      const { lineage, ...judgement } = await engine.calls.explainUnrecorded(
        principal,
        { connection, input },
        signal,
      );
      return { ...judgement, ...(lineage === null ? {} : { lineage }) };
    },
    run: async ({ connection, input }, signal) => {
      const { lineage, result, error, ...judgement } = await engine.calls.runOnce(
        principal,
        { connection, input },
        signal,
      );
      return {
        ...judgement,
        ...(lineage === null ? {} : { lineage }),
        ...(result === null ? {} : { result }),
        ...(error === null ? {} : { error }),
      };
    },
    close: () => engine.close(),
  };
}
