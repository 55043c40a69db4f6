/** A kubectl call's effects, and what the kubectl that runs later has to be held to. */
import { baseAction, type Json, sha256 } from '@countersign/core';
import type { Analysis } from '../protocol.ts';
import type { KubectlCall } from './input.ts';
import { judgeArgv } from './judge-argv.ts';

/** What an execution needs of the analysis, beside its effects. */
export interface ReliedOn {
  /** `rollout restart`. */
  readonly command: string;
  /** What was meant where the line said nothing. */
  readonly namespace: string;
  /** What narrows down those that are meant where no name is given; null where nothing does. */
  readonly selector: string | null;
  readonly fieldSelector: string | null;
}

/**
 * @param namespace What is meant where the line says nothing.
 * @throws {CountersignError} with the code of the denial.
 */
export function analyse({ argv, stdin }: KubectlCall, namespace: string): Analysis {
  const { path, effects, flags, selector, fieldSelector } = judgeArgv(argv, stdin, namespace);
  const reliedOn: ReliedOn = { command: path, namespace, selector, fieldSelector };
  return {
    effects,
    lineage: {
      outputs: ['stdout', 'stderr'].map((name) => ({ name, sources: [], proven: true })),
      uses: [],
      usesProven: true,
    },
    fingerprint: sha256(JSON.stringify(['kubernetes', path, flags])),
    reliedOn: { ...reliedOn },
  };
}

export const reliedOn = (analysis: Pick<Analysis, 'reliedOn'>): ReliedOn =>
  analysis.reliedOn as unknown as ReliedOn & Json;

/** Whether it can change something, so that an end that nobody saw is unknown. */
export const mayChange = ({ effects }: Pick<Analysis, 'effects'>): boolean =>
  effects.some(({ action }) => !['read', 'secret'].includes(baseAction(action)));
