/**
 * The way to one cluster's API server, and to nowhere else, with the credential that a kubeconfig names. No redirect is
 * followed, and nothing of what is asked for chooses a host.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request as send } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { CountersignError } from '@countersign/core';
import type { Runtime } from '../runtime/runtime.ts';
import { type Access, accessReader, ownSurroundings, type Surroundings } from './kubernetes-access.ts';

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
  /** What a call without a namespace means. Reads the kubeconfig, and no more. @throws {CountersignError} `config_invalid`. */
  namespace(): Promise<string>;
  /**
   * Sends a request that changes nothing, over a kept connection, and resolves with its answer, whose body has to be read
   * to its end or destroyed.
   *
   * @throws {CountersignError} `config_invalid`, `target_unavailable`; the signal's reason.
   */
  read(request: ClusterRequest, signal: AbortSignal): Promise<IncomingMessage>;
  /**
   * Sends a request over a connection of its own, which ends with it.
   *
   * @param connected Called before the first byte of the request can have been sent.
   * @throws {CountersignError} as `read`.
   */
  write(request: ClusterRequest, signal: AbortSignal, connected: () => void): Promise<IncomingMessage>;
  /** Sends a WebSocket handshake. @throws {CountersignError} as `read`. */
  upgrade(request: ClusterRequest, signal: AbortSignal, connected: () => void): Promise<Upgraded>;
  /** What must never stand in an answer: the credential as it is now. */
  secrets(): Promise<readonly string[]>;
  /** Ends what is kept open. May be called again. */
  close(): Promise<void>;
}

const keptConnections = 64;
const maxHeaderBytes = 64 * 1024;

/**
 * Reaches nothing yet, and reads no file.
 *
 * @param kubeconfig The file; null for the cluster that the gateway itself runs in.
 */
export function kubernetesCluster(
  kubeconfig: string | null,
  runtime: Runtime,
  around: Surroundings = ownSurroundings(),
): Cluster {
  const reader = accessReader(kubeconfig, runtime, around);
  let agent: { readonly agent: Agent; readonly of: string } | null = null;
  let closed = false;

  /** Connections are kept for as long as what they were opened with stays the same. */
  function agentFor(access: Access): Agent {
    const of = JSON.stringify([access.server.href, access.tls]);
    if (agent === null || agent.of !== of) {
      agent?.agent.destroy();
      agent = { of, agent: new Agent({ keepAlive: true, maxSockets: keptConnections, ...tlsOf(access) }) };
    }
    return agent.agent;
  }

  async function open(
    request: ClusterRequest,
    signal: AbortSignal,
    connected?: () => void,
  ): Promise<Upgraded> {
    signal.throwIfAborted();
    if (closed) throw new CountersignError('shutting_down');
    const access = await reader.current();
    signal.throwIfAborted();
    const { server, token } = access;
    const options: RequestOptions = {
      method: request.method,
      host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: server.port === '' ? 443 : Number(server.port),
      path: server.pathname.replace(/\/+$/, '') + request.path,
      headers: [
        ['host', server.host],
        ...request.headers,
        ...(token === null ? [] : [['authorization', `Bearer ${token}`] as const]),
        ...(request.body === null ? [] : [['content-length', String(request.body.length)] as const]),
      ].flat(),
      maxHeaderSize: maxHeaderBytes,
      signal,
      ...(connected === undefined ? { agent: agentFor(access) } : { agent: false, ...tlsOf(access) }),
    };
    const opened = await exchange(options, request.body, connected);
    if (opened.response.statusCode === 401) reader.forget();
    return opened;
  }

  async function read(request: ClusterRequest, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      const { response } = await open(request, signal);
      if (response.statusCode !== 401) return response;
      response.destroy();
    } catch (thrown) {
      if (!(thrown instanceof LostOnKept)) throw whyNot(thrown, signal);
    }
    // The server took the credential for over, or had closed the connection that was kept: once more, with what is new.
    try {
      const { response } = await open(request, signal);
      return response;
    } catch (thrown) {
      throw whyNot(thrown, signal);
    }
  }

  async function alone(
    request: ClusterRequest,
    signal: AbortSignal,
    connected: () => void,
  ): Promise<Upgraded> {
    try {
      return await open(request, signal, connected);
    } catch (thrown) {
      throw whyNot(thrown, signal);
    }
  }

  return {
    namespace: () => reader.namespace(),
    read,
    write: async (request, signal, connected) => (await alone(request, signal, connected)).response,
    upgrade: alone,
    secrets: async () => {
      const { token, tls } = await reader.current();
      return [token, tls.key].filter((secret) => secret !== null);
    },
    close: async () => {
      closed = true;
      agent?.agent.destroy();
      agent = null;
    },
  };
}

function tlsOf({ tls: { ca, cert, key, serverName } }: Access): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(ca === null ? {} : { ca }),
    ...(cert === null || key === null ? {} : { cert, key }),
    ...(serverName === null ? {} : { servername: serverName }),
  };
}

/** Lost on a connection that was used before: the server may have closed it before it saw the request. */
class LostOnKept extends Error {}

function exchange(
  options: RequestOptions,
  body: Buffer | null,
  connected: (() => void) | undefined,
): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const request = send(options);
    if (connected !== undefined)
      request.once('socket', (socket) => void socket.once('secureConnect', connected));
    request.once('response', (response) => resolve({ kind: 'answer', response }));
    request.once('upgrade', (response, socket, head) => resolve({ kind: 'stream', response, socket, head }));
    request.once('error', (fault) => reject(request.reusedSocket ? new LostOnKept() : fault));
    request.end(body ?? undefined);
  });
}

/** Of a fault only its code is told: messages quote addresses and certificates. */
function whyNot(thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (thrown instanceof CountersignError) return thrown;
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : '';
  const what = typeof code === 'string' && /^[A-Z_0-9]{1,60}$/.test(code) ? code : 'connection lost';
  return new CountersignError('target_unavailable', { what });
}
