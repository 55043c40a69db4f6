/** Sends one message to a webhook: to an address that was checked when the socket was opened, and to no other. */
import { BlockList, isIP } from 'node:net';
import type { WebhookConfig } from '@countersign/policy';
import { type HttpConnection, httpConnection } from '../connections/http-connection.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { within } from '../runtime/within.ts';
import { signed } from './sign.ts';

/** Milliseconds that one try may take. */
export const sendWithinMs = 10_000;

/** Where a webhook said that it is gone for good, and where it said anything else than yes. */
export type Sent = 'arrived' | 'gone' | 'failed';

export async function send(
  hook: WebhookConfig,
  message: { readonly id: string; readonly body: string },
  runtime: Runtime,
  ending: AbortSignal,
): Promise<Sent> {
  const url = new URL(hook.url);
  const connection = connectionTo(hook, url, runtime);
  const seconds = Math.floor(runtime.now() / 1000);
  const headers = [
    ['content-type', 'application/json'],
    ['user-agent', 'countersign'],
    ...signed(hook.secret, message.id, seconds, message.body),
  ] as const;
  try {
    return await within(runtime, sendWithinMs, async (signal) => {
      const request = { method: 'POST', path: url.pathname, headers, body: message.body };
      const { status, body } = await connection.write(
        request,
        AbortSignal.any([signal, ending]),
        () => undefined,
      );
      // What it says beyond its status is nobody's business.
      body.destroy();
      if (status >= 200 && status < 300) return 'arrived';
      return status === 410 ? 'gone' : 'failed';
    });
  } catch {
    return 'failed';
  } finally {
    await connection.close();
  }
}

function connectionTo({ allowAddresses }: WebhookConfig, url: URL, runtime: Runtime): HttpConnection {
  const allowed = new BlockList();
  for (const range of allowAddresses) {
    const [address = '', bits] = range.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (bits === undefined) allowed.addAddress(address, family);
    else allowed.addSubnet(address, Number(bits), family);
  }
  // This machine is reached where the policy names it as such, and by no name that happens to lead there.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) {
    allowed.addSubnet('127.0.0.0', 8, 'ipv4');
    allowed.addAddress('::1', 'ipv6');
  }
  return httpConnection({ origin: new URL(url.origin), auth: { kind: 'none' }, allowed }, runtime);
}
