/** A WebSocket of kubectl: the handshake judged like any request, then the stream of a command. Any other is refused. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { asCountersignError } from '@countersign/core';
import type { Upgraded } from '../../../connections/kubernetes-cluster.ts';
import { maskObject } from '../mask.ts';
import { collected, masksFor, maskWhole } from './answer.ts';
import { type Call, eventOf } from './call.ts';
import { runCommandStream, type StreamEnd } from './command-stream.ts';
import type { Passing } from './judge.ts';
import { refusal } from './request.ts';
import { statusBody } from './status.ts';
import { acceptFor } from './web-socket.ts';

/**
 * With a channel for how the command ended, the newest first. Without input they are the same: kubectl may speak the one
 * and the cluster the other.
 */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** Never rejects. */
export async function answerUpgrade(
  call: Call,
  from: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => undefined);
  const { method = '', url = '', headers } = from;
  if (!call.knows(from)) return say(socket, 401, statusBody(401, 'Unauthorized'));
  const judged = call.judge({ method, url, contentType: null, body: null });
  if (judged.kind !== 'passes')
    return say(
      socket,
      403,
      statusBody(403, refusal(judged.kind === 'refused' ? judged.why : 'it is no stream')),
    );
  const { request } = judged;
  const before = call.unopened.get(request.path);
  // Where a WebSocket was not opened, kubectl asks for SPDY: it hears once more why not.
  if (request.verb === 'connect' && before !== undefined) return say(socket, before.status, before.body);
  const key = handshakeKey(from);
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const own = protocols.find((one) => offered.includes(one));
  if (request.verb !== 'connect' || key === null || own === undefined) {
    const { why } = call.refuse(
      { method, url },
      'streams are WebSockets of a command, and no others',
      judged,
    );
    return say(socket, 403, statusBody(403, refusal(why)));
  }
  await open(call, judged, { socket, head, key, own });
}

interface Handshake {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly key: string;
  /** What kubectl speaks. */
  readonly own: string;
}

function handshakeKey({ method, headers }: IncomingMessage): string | null {
  const key = headers['sec-websocket-key'] ?? '';
  const good =
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[A-Za-z0-9+/]{22}==$/.test(key);
  return good ? key : null;
}

async function open(call: Call, passing: Passing, { socket, head, key, own }: Handshake): Promise<void> {
  const { request, effects } = passing;
  const count = call.sending(passing);
  const event = eventOf(request, request.method, effects);
  let status: number | null = null;
  let end: StreamEnd | null = null;
  try {
    await call.beforeSending(passing);
    const ownKey = randomBytes(16).toString('base64');
    const upgraded = await call.options.cluster.upgrade(
      {
        method: 'GET',
        path: request.path,
        headers: [
          ['connection', 'Upgrade'],
          ['upgrade', 'websocket'],
          ['sec-websocket-version', '13'],
          ['sec-websocket-key', ownKey],
          ['sec-websocket-protocol', protocols.join(', ')],
          ['user-agent', 'countersign'],
        ],
        body: null,
      },
      call.signal,
      count.sent,
    );
    status = upgraded.response.statusCode ?? null;
    const chosen = upgraded.response.headers['sec-websocket-protocol'] ?? '';
    if (upgraded.kind === 'answer') {
      count.answered(false);
      await unopened(call, passing, upgraded, socket);
    } else if (
      upgraded.response.headers['sec-websocket-accept'] !== acceptFor(ownKey) ||
      !protocols.includes(chosen)
    ) {
      upgraded.socket.destroy();
      say(socket, 502, statusBody(502, 'the cluster opened a stream that is none'));
    } else {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${acceptFor(key)}\r\nsec-websocket-protocol: ${own}\r\n\r\n`,
      );
      end = await relay(call, passing, upgraded, socket, head);
      if (end.told) count.answered(true);
      if (end.refused !== null)
        call.refuse({ method: request.method, url: request.path }, end.refused, passing);
    }
  } catch (thrown) {
    const { details, code } = asCountersignError(thrown, 'target_unavailable');
    say(socket, 503, statusBody(503, `the cluster can’t be reached (${details.what ?? code})`));
  }
  call.told({
    ...event,
    status,
    refused: end?.refused ?? null,
    ...(end === null ? {} : { stream: end.record }),
  });
}

function relay(
  call: Call,
  { request }: Passing,
  { socket: cluster, head }: Extract<Upgraded, { kind: 'stream' }>,
  kubectl: Duplex,
  kubectlHead: Buffer,
): Promise<StreamEnd> {
  const { masks, caps, signal } = call;
  return runCommandStream({
    kubectl,
    cluster,
    heads: { kubectl: kubectlHead, cluster: head },
    clean: masks.clean,
    maskStatus: (text) => maskObject(text, { ...masksFor(request, masks, false), clean: masks.clean }),
    streamBytes: caps.streamBytes,
    signal,
  });
}

/** The cluster did not open it: there is no such pod, or it is of an old kind. */
async function unopened(
  call: Call,
  { request }: Passing,
  { response }: Extract<Upgraded, { kind: 'answer' }>,
  socket: Duplex,
): Promise<void> {
  const whole = await collected(response, call.caps.responseBytes);
  const status = response.statusCode ?? 502;
  // That the gateway's credential is refused is not about kubectl's own.
  const isAnswer = status >= 400 && status !== 401;
  const body = isAnswer
    ? maskWhole(whole, response, request, call.masks)
    : statusBody(502, 'the cluster did not open a stream');
  const said = { status: isAnswer ? status : 502, body };
  call.unopened.set(request.path, said);
  say(socket, said.status, said.body);
}

function say(socket: Duplex, status: number, body: Buffer): void {
  if (!socket.writable) return;
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`,
      ),
      body,
    ]),
  );
}
