import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookConfig } from '@countersign/policy';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemRuntime } from '../runtime/runtime.ts';
import { send } from './send.ts';

let port = 0;
let reached = 0;
const server = createServer((_request, response) => {
  reached++;
  response.end();
});
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '0.0.0.0', resolve);
  });
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

const message = { id: 'msg_1', body: '{}' };
const hook = (url: string, allowAddresses: readonly string[] = []): WebhookConfig => ({
  name: 'chat',
  url,
  secret: Buffer.alloc(32).toString('base64'),
  events: ['asked'],
  allowAddresses,
});
const sent = (one: WebhookConfig) => send(one, message, systemRuntime, new AbortController().signal);

test('never 43: no webhook leads to the machine, its network, or a cloud’s metadata by an address or a name', async () => {
  for (const url of [
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/',
    'https://0.0.0.0/',
    'https://[::ffff:169.254.169.254]/',
    'https://[fd00::1]/',
    'https://2852039166/',
    `https://[::ffff:127.0.0.1]:${port}/`,
    `http://ip6-localhost:${port}/`,
  ])
    expect([url, await sent(hook(url))]).toEqual([url, 'failed']);
  expect(reached).toBe(0);
});

test('what the policy names as this machine, or allows, is reached', async () => {
  expect(await sent(hook(`http://127.0.0.1:${port}/`))).toBe('arrived');
  expect(await sent(hook(`http://localhost:${port}/`))).toBe('arrived');
  expect(reached).toBe(2);
});
