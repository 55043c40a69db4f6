/**
 * The Kubernetes protocol: a call is a line of kubectl, judged as kubectl would read it, and run against an endpoint of the
 * gateway's own, which lets through what was decided.
 *
 * @module
 */
import { CountersignError, type Json } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { kubernetesCluster } from '../../connections/kubernetes-cluster.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { within } from '../../runtime/within.ts';
import type { Protocol, Target } from '../protocol.ts';
import { ClusterKinds } from './cluster-kinds.ts';
import { analyse } from './effects.ts';
import { execute } from './execute.ts';
import { type KubectlCall, parseInput } from './input.ts';
import { askVersion, inspect } from './inspect.ts';
import { canBeLookedAt } from './objects-there.ts';
import { preview } from './preview.ts';
import { whyNot } from './program.ts';
import type { Reach } from './reach.ts';
import { recovered } from './recover.ts';
import { readSettings } from './settings.ts';

const pingWithinMs = 5000;

export const kubernetes: Protocol = Object.freeze({ name: 'kubernetes', connect, inspect });

function connect(config: ConnectionConfig, runtime: Runtime): Target {
  const settings = readSettings(config);
  const cluster = kubernetesCluster(settings.kubeconfig, runtime);
  const closing = new AbortController();
  const kinds = new ClusterKinds({ cluster, runtime, closing: closing.signal });
  const reach: Reach = { settings, cluster, kinds, runtime, closing: closing.signal };
  const running = new Set<Promise<unknown>>();

  /** Counts work, so that `close` can wait for it. */
  function counted<T>(work: Promise<T>): Promise<T> {
    running.add(work);
    const done = () => running.delete(work);
    work.then(done, done);
    return work;
  }

  async function close(): Promise<void> {
    closing.abort(new CountersignError('shutting_down'));
    await Promise.allSettled(running);
    await cluster.close();
  }
  let closed: Promise<void> | undefined;

  return {
    parse: parseInput,
    // A call can be judged without the file, as long as it can't be run without.
    analyse: async (input) => {
      const namespace = await cluster.namespace().catch(() => 'default');
      return counted(kinds.judged((known) => analyse(own(input), namespace, known)));
    },
    preview: (input, analysis, signal, wish) => counted(preview(reach, own(input), analysis, signal, wish)),
    previewReachesTarget: (_, analysis) => canBeLookedAt(analysis),
    cannotRun: () => whyNot(settings.unconfined),
    execute: (input, analysis, context) => counted(execute(reach, own(input), analysis, context)),
    recover: async () => recovered,
    ping: (signal) =>
      counted(
        within(runtime, pingWithinMs, (late) =>
          askVersion(cluster, AbortSignal.any([late, signal, closing.signal])),
        ),
      ),
    close: () => (closed ??= close()),
  };
}

/** Inputs come back from the store as they went in, by `parse`. */
const own = (input: Json): KubectlCall => input as unknown as KubectlCall;
