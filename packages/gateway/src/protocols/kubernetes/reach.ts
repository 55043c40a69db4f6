/** What the files of this protocol share of one connection. */
import type { Cluster } from '../../connections/kubernetes-cluster.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { KubernetesSettings } from './settings.ts';

export interface Reach {
  readonly settings: KubernetesSettings;
  readonly cluster: Cluster;
  readonly runtime: Runtime;
  /** Aborted when the connection closes. */
  readonly closing: AbortSignal;
}
