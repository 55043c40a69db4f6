/** Streams of commands that are asked for by hand, and not as kubectl does. */
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OpenCall, openRoad, type Road } from './endpoint-road.ts';

let road: Road;
beforeAll(async () => {
  road = await openRoad([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' } }]);
});
afterAll(() => road.close());

const pod = '/api/v1/namespaces/shop/pods/web';
const everything = ['read k8s:*/*/*/*', 'execute k8s:*/*/*/*'];

describe('never 47: a WebSocket that is asked for by hand', () => {
  const exec = `${pod}/exec?command=cat&stdout=true`;
  const key = Buffer.alloc(16).toString('base64');
  const good = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    'sec-websocket-protocol': 'v5.channel.k8s.io',
  };

  /** What comes back, as it comes, after `then` was sent. */
  function raw(
    call: OpenCall,
    path: string,
    headers: Readonly<Record<string, string>>,
    then?: Buffer,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        port: Number(new URL(call.endpoint.server).port),
        host: '127.0.0.1',
        ca: call.endpoint.caPem,
      });
      const parts: Buffer[] = [];
      const all = { authorization: `Bearer ${call.endpoint.token}`, ...headers };
      socket.write(
        `GET ${path} HTTP/1.1\r\n${Object.entries(all)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}\r\n`,
      );
      socket.on('data', (part: Buffer) => {
        if (parts.length === 0 && then !== undefined) socket.write(then);
        parts.push(part);
      });
      socket.once('close', () => resolve(Buffer.concat(parts).toString('latin1')));
      socket.once('end', () => socket.end());
      socket.once('error', reject);
    });
  }
  /** A frame of a client, under a key of noughts. */
  const frame = (...payload: readonly number[]) =>
    Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);

  test.each([
    ['without a token', exec, { ...good, authorization: 'Bearer x' }, '401'],
    ['with input', `${exec}&stdin=true`, good, '403'],
    ['with a terminal', `${exec}&tty=`, good, '403'],
    [
      'of an older kind',
      exec,
      { ...good, 'sec-websocket-protocol': 'v3.channel.k8s.io, base64.channel.k8s.io' },
      '403',
    ],
    ['of another version', exec, { ...good, 'sec-websocket-version': '8' }, '403'],
    ['with a key that is none', exec, { ...good, 'sec-websocket-key': 'x' }, '403'],
    ['for SPDY', exec, { ...good, upgrade: 'SPDY/3.1' }, '403'],
    ['for another protocol', exec, { ...good, upgrade: 'h2c' }, '403'],
    ['for what is no command', pod, good, '403'],
    ['for a port', `${pod}/portforward?ports=80`, good, '403'],
    ['through a proxy', `${pod}/proxy/`, good, '403'],
  ] as const)('%s is refused', async (_, path, headers, status) => {
    const { result, taken } = await road.during(everything, (call) => raw(call, path, headers));
    expect(result.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(taken).toEqual([]);
  });

  test.each([
    ['input', frame(0, 0x6c, 0x73)],
    ['the size of a terminal', frame(4, 0x7b, 0x7d)],
    ['a frame without a mask', Buffer.from([0x82, 0x01, 0x00])],
    ['a frame of an extension', Buffer.from([0xc2, 0x80, 0, 0, 0, 0])],
    [
      'a frame without end',
      Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    ],
  ])('that sends %s is ended, and recorded', async (_, sent) => {
    road.server.command = () => ({ stdout: 'begun', stderr: '', exitCode: 'never' });
    const { call, taken } = await road.during(everything, (open) => raw(open, exec, good, sent));
    expect(call.endpoint.refused).toMatchObject({
      why: expect.stringMatching(/^(?:kubectl sent what nobody was asked about|its stream is none)$/),
    });
    expect(call.events.at(-1)?.stream?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(taken).toHaveLength(1);
    expect(road.server.input).toBe('');
  });

  test('kubectl may speak the newer protocol and the cluster the older', async () => {
    road.server.streams = 'v4.channel.k8s.io';
    road.server.command = () => ({ stdout: 'done\n', stderr: '', exitCode: 0 });
    const { result, call } = await road.during(everything, (open) => raw(open, exec, good));
    road.server.streams = null;
    expect(result).toContain('sec-websocket-protocol: v5.channel.k8s.io');
    expect(result).toContain('\u0001done\n');
    expect(call.endpoint.writes).toEqual({ sent: 1, answered: 1, accepted: 1 });
  });
});
