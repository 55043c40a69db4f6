/** What a policy file says of a kubernetes connection. */
import type { ConnectionConfig } from '@countersign/policy';

export interface KubernetesSettings {
  readonly name: string;
  /** The file; null for the cluster that the gateway itself runs in. */
  readonly kubeconfig: string | null;
  /** Whether kubectl may run as the gateway's own user, where the platform can't confine it. */
  readonly unconfined: boolean;
  /** Whether writes are tried by dry runs at the server, which go through admission webhooks. */
  readonly tries: boolean;
}

export function readSettings({ name, settings }: ConnectionConfig): KubernetesSettings {
  const { kubeconfig, unconfined, preview } = settings;
  return {
    name,
    kubeconfig: typeof kubeconfig === 'string' ? kubeconfig : null,
    unconfined: unconfined === true,
    tries: preview === 'trial',
  };
}
