/** A kubectl call's effects, and what the kubectl that runs later has to be held to. */
import { baseAction, type Json, type Resource, sha256, splitResource } from '@countersign/core';
import type { Analysis } from '../protocol.ts';
import { every, resourceOf } from './actions.ts';
import type { KubectlCall } from './input.ts';
import { judgeArgv } from './judge-argv.ts';
import { builtInKinds, type Kind, Kinds } from './kinds.ts';

/** What an execution needs of the analysis, beside its effects. */
export interface ReliedOn {
  /** `rollout restart`. */
  readonly command: string;
  /** What was meant where the line said nothing. */
  readonly namespace: string;
  /** What narrows down those that are meant where no name is given; null where nothing does. */
  readonly selector: string | null;
  readonly fieldSelector: string | null;
  /** Of the cluster's own kinds those that its effects are on, as they were then. */
  readonly kinds?: readonly Kind[];
}

/**
 * @param namespace What is meant where the line says nothing.
 * @param kinds What its words may name.
 * @throws {CountersignError} with the code of the denial.
 */
export function analyse(
  { argv, stdin }: KubectlCall,
  namespace: string,
  kinds: Kinds = builtInKinds,
): Analysis {
  const { path, effects, flags, selector, fieldSelector } = judgeArgv(argv, stdin, namespace, kinds);
  const on = new Set(effects.map(({ resource }) => kindIn(resource)));
  const own = kinds.own.filter((kind) => on.has(kindIn(resourceOf(kind, every, every))));
  const reliedOn: ReliedOn = { command: path, namespace, selector, fieldSelector, kinds: own };
  return {
    effects,
    lineage: {
      outputs: ['stdout', 'stderr'].map((name) => ({ name, sources: [], proven: true })),
      uses: [],
      usesProven: true,
    },
    fingerprint: sha256(JSON.stringify(['kubernetes', path, flags])),
    reliedOn: reliedOn as unknown as Json,
  };
}

/** Group and plural of the kind that a resource is of. */
const kindIn = (resource: Resource): string => splitResource(resource).segments.slice(1, 3).join('/');

/** What the words of a call were taken for. */
export const kindsOf = (analysis: Pick<Analysis, 'reliedOn'>): Kinds => new Kinds(reliedOn(analysis).kinds);

export const reliedOn = (analysis: Pick<Analysis, 'reliedOn'>): ReliedOn =>
  analysis.reliedOn as unknown as ReliedOn & Json;

/** Whether it can change something, so that an end that nobody saw is unknown. */
export const mayChange = ({ effects }: Pick<Analysis, 'effects'>): boolean =>
  effects.some(({ action }) => !['read', 'secret'].includes(baseAction(action)));
