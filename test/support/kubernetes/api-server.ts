/**
 * A double of a Kubernetes API server, for the real kubectl: objects are kept in memory, and every request that reaches it
 * is recorded, byte for byte as far as anybody can want it. It answers in JSON and in tables.
 *
 * What it does not do: it validates nothing, defaults nothing and runs nothing. No controllers, no admission, no
 * authorisation beyond one token. Of an object that comes as protobuf it keeps the name only. Strategic merge patches are
 * merge patches whose lists merge by `name`; server-side apply merges, and owns nothing. Labels are selected by equality.
 * A watch begins with what there is. Logs and commands are what a test says they are. What it knows nothing of is 501.
 */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ownCertificate } from '../../../packages/gateway/src/protocols/kubernetes/own-certificate.ts';
import { answerExec, type Command } from './command.ts';
import { aggregatedType, discover } from './discovery.ts';
import { answerObject } from './objects.ts';
import { ObjectStore, type StoredObject } from './store.ts';

export interface ArrivedRequest {
  readonly method: string;
  /** As it stood in the request line. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ApiServer {
  readonly url: string;
  readonly caPem: string;
  /** A kubeconfig for it, as JSON, with the token that it takes. */
  readonly kubeconfig: string;
  readonly token: string;
  /** What arrived since the last look; discovery is left out. */
  taken(): readonly ArrivedRequest[];
  readonly store: ObjectStore;
  /** What a pod logs; it goes on where it is followed, until the server closes. */
  readonly logs: Map<string, readonly (string | Buffer)[]>;
  /** What runs in containers. */
  command: Command;
  /** The protocol of its streams; null for the first that is offered. */
  streams: string | null;
  /** What came as input of a command that never ends. */
  input: string;
  /** Answers in place of the double, where it returns true. */
  instead: ((request: ArrivedRequest, response: ServerResponse) => boolean) | null;
  /** Whether answers are packed where they may be. Default true. */
  gzip: boolean;
  close(): Promise<void>;
}

export const targetToken = 'target-token-that-nobody-may-see';

/** @param objects What there is at the start. */
export async function startApiServer(objects: readonly StoredObject[] = []): Promise<ApiServer> {
  const { certPem, keyPem } = ownCertificate(Date.now(), 3_600_000);
  const store = new ObjectStore(objects);
  let log: ArrivedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ cert: certPem, key: keyPem });
  const double: ApiServer = {
    url: '',
    caPem: certPem,
    kubeconfig: '',
    token: targetToken,
    taken: () => {
      const taken = log;
      log = [];
      return taken;
    },
    store,
    logs: new Map(),
    command: () => ({ stdout: '', stderr: '', exitCode: 0 }),
    streams: null,
    input: '',
    instead: null,
    gzip: true,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };

  function arrived(request: IncomingMessage, body: string): ArrivedRequest {
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    if (!isDiscovery(one.url)) log.push(one);
    return one;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const bytes = Buffer.concat(parts);
    const one = arrived(request, bytes.toString());
    if (double.instead?.(one, response) === true) return;
    if (request.headers.authorization !== `Bearer ${targetToken}`)
      return say(response, 401, status(401, 'Unauthorized'));
    const found = discover(one.url, request.headers.accept ?? '');
    if (found !== null) {
      const all = (found as { kind?: string }).kind === 'APIGroupDiscoveryList';
      return say(response, 200, found, all ? aggregatedType : 'application/json');
    }
    const log = logOf(double, one.url);
    if (log !== null) {
      response.writeHead(200, { 'content-type': 'text/plain' });
      for (const piece of log.pieces) response.write(piece);
      if (!log.follow) response.end();
      return;
    }
    const answered = answerObject(store, one, bytes);
    if (answered.kind === 'watch') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      const end = answered.start(
        (event) => void response.write(`${JSON.stringify(event)}\n`),
        () => response.end(),
      );
      response.once('close', end);
      return;
    }
    const text = JSON.stringify(answered.body);
    const packed =
      double.gzip && text.length > 1000 && request.headers['accept-encoding']?.includes('gzip') === true;
    response.writeHead(answered.status, {
      'content-type': 'application/json',
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
      ...(answered.status === 200 && text.includes('"deprecated"') ? { warning: '299 - "deprecated"' } : {}),
    });
    response.end(packed ? gzipSync(text) : text);
  }

  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const one = arrived(request, '');
    const authorised = request.headers.authorization === `Bearer ${targetToken}`;
    answerExec(one, socket, double, authorised);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'double',
    clusters: [
      {
        name: 'double',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(certPem).toString('base64') },
      },
    ],
    users: [{ name: 'gateway', user: { token: targetToken } }],
    contexts: [{ name: 'double', context: { cluster: 'double', user: 'gateway', namespace: 'shop' } }],
  });
  return Object.assign(double, { url, kubeconfig });
}

const isDiscovery = (url: string): boolean =>
  /^\/(?:version|openapi\/|api(?:\/v1)?\/?(?:$|\?)|apis(?:\/[^/]+){0,2}\/?(?:$|\?))/.test(url);

function say(response: ServerResponse, code: number, body: unknown, type = 'application/json'): void {
  response.writeHead(code, { 'content-type': type });
  response.end(JSON.stringify(body));
}

export const status = (code: number, message: string, reason = 'Failure') => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: code < 400 ? 'Success' : 'Failure',
  message,
  reason,
  code,
});

function logOf({ logs }: ApiServer, url: string) {
  const { pathname, searchParams } = new URL(url, 'https://double');
  const [, pod] = /^\/api\/v1\/namespaces\/[^/]+\/pods\/([^/]+)\/log$/.exec(pathname) ?? [];
  const pieces = pod === undefined ? undefined : logs.get(pod);
  return pieces === undefined ? null : { pieces, follow: searchParams.get('follow') === 'true' };
}
