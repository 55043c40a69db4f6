/**
 * The way to one cluster's API server, and to nowhere else, with the credential that a kubeconfig names.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export interface ClusterRequest {
  readonly method: string;
  /** Path and query, from the API server's root: a base path of the cluster's URL is put before it. */
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | null;
}

/** What a WebSocket handshake came to: a stream, or the answer that refuses it. */
export type Upgraded =
  | {
      readonly kind: 'stream';
      readonly response: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    }
  | { readonly kind: 'answer'; readonly response: IncomingMessage };

export interface Cluster {
  /**
   * Sends a request and resolves with its answer, whose body has to be read to its end or destroyed. No redirect is
   * followed.
   *
   * @param connected Called before the first byte of the request can have been sent.
   * @throws {CountersignError} `target_unavailable`; the signal's reason.
   */
  request(request: ClusterRequest, signal: AbortSignal, connected?: () => void): Promise<IncomingMessage>;
  /** Sends a WebSocket handshake. @throws {CountersignError} as `request`. */
  upgrade(request: ClusterRequest, signal: AbortSignal): Promise<Upgraded>;
  /** What must never stand in an answer: the credential in all its parts. */
  secrets(): readonly string[];
  /** Ends what is kept open. May be called again. */
  close(): Promise<void>;
}
