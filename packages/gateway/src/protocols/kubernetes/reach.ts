/** What the files of this protocol share of one connection. */
import type { Cluster } from '../../connections/kubernetes-cluster.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { ClusterKinds } from './cluster-kinds.ts';
import type { KubernetesSettings } from './settings.ts';

export interface Reach {
  readonly settings: KubernetesSettings;
  readonly cluster: Cluster;
  /** What the cluster has of its own. */
  readonly kinds: ClusterKinds;
  readonly runtime: Runtime;
  /** Aborted when the connection closes. */
  readonly closing: AbortSignal;
}
