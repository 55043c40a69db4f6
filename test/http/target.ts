/** A server that keeps a log of what reached it, byte for byte: the log decides what was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Arrived {
  readonly method: string;
  readonly url: string;
  /** As they came: names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answering = (request: Arrived, response: ServerResponse, socket: Socket) => void;

export interface TargetServer {
  readonly url: string;
  readonly port: number;
  /** What arrived since the last look. */
  taken(): readonly Arrived[];
  /** How the next requests are answered; an empty JSON object where nothing is said. */
  answer(how: Answering): void;
  /** Sockets that were opened in all. */
  readonly sockets: () => number;
  close(): Promise<void>;
}

const plain: Answering = (_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{}');
};

export async function startTarget(host = '127.0.0.1'): Promise<TargetServer> {
  let log: Arrived[] = [];
  let how = plain;
  let sockets = 0;
  const server = createServer({ insecureHTTPParser: false }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const arrived: Arrived = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      };
      log.push(arrived);
      how(arrived, response, request.socket);
    });
  });
  server.on('connection', () => sockets++);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    sockets: () => sockets,
    taken: () => {
      const taken = log;
      log = [];
      return taken;
    },
    answer: (next) => {
      how = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with JSON. */
export const json =
  (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answering =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };

/** Answers with any body. */
export const body =
  (type: string, bytes: string | Buffer, headers: Readonly<Record<string, string>> = {}): Answering =>
  (_, response) => {
    response.writeHead(200, { 'content-type': type, ...headers });
    response.end(bytes);
  };
