/** A receiver of webhooks that trusts nobody: it verifies each message by its own reading of Standard Webhooks. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly id: string;
  readonly timestamp: number;
  readonly verified: boolean;
  readonly text: string;
  readonly message: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

export interface Receiver {
  readonly url: string;
  readonly secret: string;
  readonly received: readonly Received[];
  /** Says what the next messages to a path are answered with; 204 once there are none left. */
  answer(path: string, ...statuses: readonly number[]): void;
  /** Called with each message, before it is answered. */
  onMessage(listener: (one: Received) => void): void;
  /** Resolves as soon as what was received is as wanted. */
  until(wanted: (received: readonly Received[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

const key = Buffer.from('0123456789abcdef0123456789abcdef');

function isSigned({ headers }: IncomingMessage, body: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = headers;
  if (Math.abs(Date.now() / 1000 - Number(at)) > 300) return false;
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(at)}.${body}`)
    .digest();
  return String(signature)
    .split(' ')
    .some((one) => {
      const [version, given = ''] = one.split(',');
      const bytes = Buffer.from(given, 'base64');
      return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected);
    });
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers = new Map<string, number[]>();
  const waiting = new Set<() => void>();
  const listeners: ((one: Received) => void)[] = [];
  const take = (request: IncomingMessage, body: string, response: ServerResponse) => {
    const path = request.url ?? '';
    const one: Received = {
      path,
      id: String(request.headers['webhook-id']),
      timestamp: Number(request.headers['webhook-timestamp']),
      verified: isSigned(request, body),
      text: `${JSON.stringify(request.headers)}\n${body}`,
      message: JSON.parse(body) as Received['message'],
    };
    received.push(one);
    for (const listener of listeners) listener(one);
    const status = answers.get(path)?.shift() ?? 204;
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    for (const look of waiting) look();
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => take(request, body, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secret: `whsec_${key.toString('base64')}`,
    received,
    answer: (path, ...statuses) => void answers.set(path, [...statuses]),
    onMessage: (listener) => void listeners.push(listener),
    until: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          if (!wanted(received)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
