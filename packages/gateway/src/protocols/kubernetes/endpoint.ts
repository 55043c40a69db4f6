/**
 * The gateway's own Kubernetes endpoint: what the kubectl of one call talks to, and all it can reach. It holds the
 * cluster's credential, lets through the API requests that the call's effects cover, and hides values in what comes back,
 * before kubectl formats any of it.
 */
import type { Effect } from '@countersign/core';
import type { Cluster } from '../../connections/kubernetes-cluster.ts';
import type { Masker } from '../../masking/masker.ts';
import type { Runtime } from '../../runtime/runtime.ts';

export interface EndpointOptions {
  readonly cluster: Cluster;
  readonly runtime: Runtime;
  /** What was decided: requests that these cover go through. */
  readonly effects: readonly Effect[];
  /** Lets writes through only as dry runs, which the API server answers and does not keep: for previews. Default false. */
  readonly dryRunOnly?: boolean;
  /** For texts of objects, logs and messages; values of Secrets are hidden whatever it says. */
  readonly masker: Masker;
  readonly limits: EndpointLimits;
  /**
   * Awaited before the first byte of a write is sent to the cluster; where it rejects, nothing is sent and the call ends.
   */
  readonly beforeWrite: (event: ApiEvent) => Promise<void>;
  /** Hears of each API request and each stream once it is over, and of each that was refused. Holds no values. */
  readonly onRequest: (event: ApiEvent) => void;
  /** Ends every request, and lets none in any more. */
  readonly signal: AbortSignal;
}

export interface EndpointLimits {
  /** How long the certificate is good for. Milliseconds. */
  readonly lifetimeMs: number;
  /** Requests in one call. Default 2000. */
  readonly requests?: number;
  /** Bytes of a request's body. Default 4 MiB. */
  readonly requestBytes?: number;
  /** Bytes of an answer that has to be read whole to be masked, unpacked. Default 64 MiB. */
  readonly responseBytes?: number;
  /** Bytes of all that is streamed: logs, watches, output of a command. Default 64 MiB. */
  readonly streamBytes?: number;
}

/** An API request of a call, as the record may hold it: names of objects, and nothing of what is in them. */
export interface ApiEvent {
  readonly method: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `apply`, `delete`, `deletecollection`, `connect`, or `discover`. */
  readonly verb: string;
  /** What it would do; none for discovery. */
  readonly effects: readonly Effect[];
  /** `log`, `exec`, `scale`; null for an object itself. */
  readonly subresource: string | null;
  readonly dryRun: boolean;
  /** The status that the API server answered with; null where it did not answer, or was not asked. */
  readonly status: number | null;
  /** Why it did not go through; null where it did. */
  readonly refused: string | null;
  /** Of a stream over a WebSocket: its frames, each way. */
  readonly stream?: StreamRecord;
}

/** What went through a WebSocket. */
export interface StreamRecord {
  /** Frames from kubectl. */
  readonly sent: number;
  /** Frames from the cluster. */
  readonly received: number;
  /** Bytes from the cluster. */
  readonly bytes: number;
  /** SHA-256 over the frames of both ways in their order, each with its direction and its length: hex. */
  readonly digest: string;
}

/** An API request that did not go through. */
export interface RefusedRequest {
  readonly method: string;
  readonly effects: readonly Effect[];
  /** For people; of a request it holds names only. */
  readonly why: string;
}

export interface Endpoint {
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** The certificate to trust, and the only one: PEM. */
  readonly caPem: string;
  /** Good for this call and this endpoint only. Never logged. */
  readonly token: string;
  /** The first request that did not go through: with it the call is over, and all that follow are refused. */
  readonly refused: RefusedRequest | null;
  /** Whether a request that changes something went out, and how the last of them ended. */
  readonly wrote: Wrote;
  /** Ends what runs, and resolves when nothing listens any more. May be called again. */
  close(): Promise<void>;
}

/**
 * `none`: no write was sent. `answered`: each was, and the API server told how it ended. `accepted` says of how many it
 * said yes. `open`: one was sent whose answer was lost, so that nobody knows.
 */
export type Wrote =
  | { readonly kind: 'none' }
  | { readonly kind: 'answered'; readonly accepted: number }
  | { readonly kind: 'open'; readonly accepted: number };
