/** Commands in containers, over a WebSocket: v4 and v5.channel.k8s.io, without input. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { type ApiServer, type ArrivedRequest, status } from './api-server.ts';

export interface CommandEnd {
  readonly stdout: string | Buffer | readonly (string | Buffer)[];
  readonly stderr: string;
  /** Null for a stream that breaks off without a word. */
  readonly exitCode: number | null | 'never';
}

/** What a command does, by the words of it. */
export type Command = (argv: readonly string[]) => CommandEnd;

/** Answers a handshake; what kubectl sends afterwards goes nowhere, but a close is answered. */
export function answerExec(
  request: ArrivedRequest,
  socket: Socket,
  server: ApiServer,
  authorised: boolean,
): void {
  socket.on('error', () => undefined);
  const { pathname, searchParams } = new URL(request.url, 'https://double');
  const [, namespace = '', pod = ''] =
    /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/(?:exec|attach)$/.exec(pathname) ?? [];
  const found = server.store.get({ group: '', version: 'v1', resource: 'pods', namespace }, pod);
  const key = request.headers['sec-websocket-key'];
  const offered = request.headers['sec-websocket-protocol']?.split(', ') ?? [];
  const protocol = server.streams === null ? offered[0] : offered.find((one) => one === server.streams);
  if (!authorised) return refuse(socket, 401, 'Unauthorized');
  if (found === undefined) return refuse(socket, 404, `pods "${pod}" not found`);
  if (request.headers.upgrade !== 'websocket' || key === undefined || protocol === undefined)
    return refuse(socket, 400, 'the double speaks WebSocket only');
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  const { stdout, stderr, exitCode } = server.command(searchParams.getAll('command'));
  for (const piece of Array.isArray(stdout)
    ? (stdout as readonly (string | Buffer)[])
    : [stdout as string | Buffer])
    socket.write(message(1, Buffer.from(piece as string)));
  if (stderr !== '') socket.write(message(2, Buffer.from(stderr)));
  if (exitCode === 'never') {
    socket.on('data', (part: Buffer) => (server.input += inputOf(part)));
    return;
  }
  if (exitCode === null) {
    socket.destroySoon();
    return;
  }
  socket.write(message(3, Buffer.from(JSON.stringify(ended(exitCode)))));
  socket.write(Buffer.from([0x88, 2, 0x03, 0xe8]));
  socket.once('data', () => socket.end());
}

const ended = (exitCode: number) =>
  exitCode === 0
    ? { metadata: {}, status: 'Success' }
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit status ${exitCode}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
      };

/** What stands on the channel of the input in one short frame. */
function inputOf(part: Buffer): string {
  const length = (part[1] ?? 0) & 0x7f;
  const key = part.subarray(2, 6);
  const payload = part.subarray(6, 6 + length).map((byte, at) => byte ^ (key[at & 3] ?? 0));
  return payload[0] === 0 ? Buffer.from(payload.subarray(1)).toString() : '';
}

/** A binary frame of one channel. */
function message(channel: number, content: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([channel]), content]);
  const size =
    payload.length < 126
      ? Buffer.from([payload.length])
      : Buffer.from([126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([Buffer.from([0x82]), size, payload]);
}

function refuse(socket: Socket, code: number, text: string): void {
  const body = JSON.stringify(status(code, text, code === 404 ? 'NotFound' : 'Failure'));
  socket.end(
    `HTTP/1.1 ${code} No\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
