/** Looks at a `kubernetes` connection as a careful operator would: kubectl, how it is confined, and the way to the cluster. */
import {
  asCountersignError,
  CountersignError,
  type Finding,
  fine,
  problem,
  warning,
} from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { kubernetesCluster } from '../../connections/kubernetes-cluster.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { within } from '../../runtime/within.ts';
import type { Inspection } from '../protocol.ts';
import { findProgram, missing, whyNot } from './program.ts';
import { readSettings } from './settings.ts';

/** Milliseconds for all of it. */
const withinMs = 5000;

/** As {@link Protocol.inspect}. Asks the API server for its version, and for nothing else. */
export async function inspect(
  config: ConnectionConfig,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Inspection> {
  const settings = readSettings(config);
  const cluster = kubernetesCluster(settings.kubeconfig, runtime);
  const findings: Finding[] = [lookAtProgram(settings.unconfined)];
  try {
    await within(runtime, withinMs, (late) => askVersion(cluster, AbortSignal.any([late, signal])));
    findings.push(fine('target.reachable', 'the API server answers'));
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, details } = asCountersignError(thrown, 'timed_out');
    if (code === 'config_invalid')
      findings.push(
        problem(
          'target.settings',
          details.what ?? 'its kubeconfig can’t be used',
          `Expected: ${details.expected}.`,
        ),
      );
    else
      findings.push(
        problem(
          'target.reachable',
          `the API server can’t be reached (${details.what ?? 'no answer within five seconds'})`,
          'Look at kubeconfig, and whether the cluster is up.',
        ),
      );
  } finally {
    await cluster.close();
  }
  return { findings, columns: null, wallReads: null };
}

/** Whether the API server answers, and takes the credential. */
export async function askVersion(
  cluster: ReturnType<typeof kubernetesCluster>,
  signal: AbortSignal,
): Promise<void> {
  const answer = await cluster.read({ method: 'GET', path: '/version', headers: [], body: null }, signal);
  answer.destroy();
  if (answer.statusCode !== 200)
    throw new CountersignError('target_unavailable', { what: `status ${answer.statusCode ?? 0}` });
}

function lookAtProgram(unconfined: boolean): Finding {
  const why = whyNot(unconfined);
  if (why === null && findProgram(unconfined).user !== null)
    return fine('target.kubectl', 'kubectl is there, and runs as another user');
  if (why === null)
    return warning(
      'target.kubectl',
      'kubectl runs as the gateway’s own user, and could read what that may',
      'Run the gateway as root, so that kubectl can run as nobody.',
    );
  return problem(
    'target.kubectl',
    why,
    why === missing
      ? 'Install kubectl, and put it on the PATH of the gateway: until then every call fails.'
      : 'Run the gateway as root, or say "unconfined: true".',
  );
}
