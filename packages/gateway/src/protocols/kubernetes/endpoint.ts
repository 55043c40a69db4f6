/**
 * The gateway's own Kubernetes endpoint: what the kubectl of one call talks to, and all it can reach. It holds the
 * cluster's credential, lets through the API requests that the call's effects cover, and hides values in what comes back,
 * before kubectl formats any of it.
 *
 * ```
 * open ──▶ refusing ──▶ closed      the first request that may not go through ends the call: all after it are refused
 *    └───────────────────▲
 * ```
 */
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Effect } from '@countersign/core';
import type { Cluster } from '../../connections/kubernetes-cluster.ts';
import type { Masker } from '../../masking/masker.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createCall } from './endpoint/call.ts';
import { answerRequest } from './endpoint/request.ts';
import { answerUpgrade } from './endpoint/upgrade.ts';
import type { Kinds } from './kinds.ts';
import { ownCertificate } from './own-certificate.ts';

export interface EndpointOptions {
  readonly cluster: Cluster;
  readonly runtime: Runtime;
  /** What was decided: requests that these cover go through. */
  readonly effects: readonly Effect[];
  /** What its requests may be about. Default those that every cluster has. */
  readonly kinds?: Kinds;
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
  /** Bytes of one stream: a log, a watch, the output of a command. Default 64 MiB. */
  readonly streamBytes?: number;
}

/** An API request of a call, as the record may hold it: names of objects, and nothing of what is in them. */
export interface ApiEvent {
  readonly method: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `apply`, `delete`, `deletecollection`, `connect`, or `discover`. */
  readonly verb: string;
  /** What it would do; none for discovery, and for what could not be read. */
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
  /** Messages from kubectl. */
  readonly sent: number;
  /** Messages from the cluster. */
  readonly received: number;
  /** Bytes from the cluster. */
  readonly bytes: number;
  /** SHA-256 over the messages of both ways in their order, each with its direction, opcode and length: hex. */
  readonly digest: string;
}

/** An API request that did not go through. */
export interface RefusedRequest {
  readonly method: string;
  /** Without its query; names only. */
  readonly path: string;
  readonly effects: readonly Effect[];
  /** For people. */
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
  readonly writes: Writes;
  /** Ends what runs, and resolves when nothing listens any more. May be called again. */
  close(): Promise<void>;
}

/** Requests that change something, dry runs left out. Where more were sent than answered, the outcome is unknown. */
export interface Writes {
  /** Of which a first byte may have gone out. */
  readonly sent: number;
  /** Of which the API server told how they ended; of a command, that it ended. */
  readonly answered: number;
  /** To which it said yes. */
  readonly accepted: number;
}

const tokenBytes = 32;
const maxSockets = 100;

/**
 * Opens the endpoint of one call, on loopback and a port of its own.
 *
 * @throws {CountersignError} `config_invalid`, `target_unavailable` where the cluster's credential can't be had; the
 * signal's reason.
 */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { runtime, limits, signal } = options;
  signal.throwIfAborted();
  const token = runtime.randomBytes(tokenBytes).toString('base64url');
  const call = await createCall(options, token);
  const { certPem, keyPem } = ownCertificate(runtime.now(), limits.lifetimeMs);
  const server = createServer({
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  });
  server.maxConnections = maxSockets;
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => void call.during(answerRequest(call, request, response)));
  server.on(
    'upgrade',
    (request, socket, head) => void call.during(answerUpgrade(call, request, socket, head)),
  );
  const port = await listen(server);

  async function close(): Promise<void> {
    call.end();
    const closed = new Promise((resolve) => server.close(resolve));
    await call.idle();
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  let closing: Promise<void> | undefined;
  return {
    server: `https://127.0.0.1:${port}`,
    caPem: certPem,
    token,
    get refused() {
      return call.refused;
    },
    get writes() {
      return { ...call.writes };
    },
    close: () => (closing ??= close()),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
