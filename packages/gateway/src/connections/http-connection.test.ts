import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import type { ConnectionConfig } from '@countersign/policy';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemRuntime } from '../runtime/runtime.ts';
import { httpConnection } from './http-connection.ts';
import { readHttpSettings } from './http-settings.ts';

let server: Server;
let port: number;
let arrived = 0;
beforeAll(async () => {
  server = createServer((_, response) => {
    arrived++;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const signal = new AbortController().signal;
const get = { method: 'GET', path: '/', headers: [], body: null };

function connect(host: string, allow: readonly string[], answers: readonly (readonly string[])[] = []) {
  const config = { name: 'api', settings: { base_url: `http://${host}:${port}`, allow_addresses: allow } };
  const asked: string[] = [];
  const lookup: LookupFunction = (name, _, done) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(name);
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  const settings = readHttpSettings(config as unknown as ConnectionConfig);
  return { connection: httpConnection(settings, systemRuntime, lookup), asked };
}

/** The code that a read and a write end with, and what the server got of them. */
async function outcomes({ connection }: ReturnType<typeof connect>): Promise<readonly (string | number)[]> {
  const before = arrived;
  const codes: (string | number)[] = [];
  for (const send of [
    () => connection.read(get, signal),
    () => connection.write({ ...get, method: 'POST' }, signal, () => undefined),
    () => connection.probe(signal),
  ])
    await send().then(
      (answer) => {
        answer?.body.destroy();
        codes.push('sent');
      },
      (thrown: { code: string }) => codes.push(thrown.code),
    );
  await connection.close();
  return [...codes, arrived - before];
}

const refused = ['address_refused', 'address_refused', 'address_refused', 0];

describe('never 43: where a name leads is looked at before anything is sent', () => {
  test.each([
    ['loopback', ['127.0.0.1']],
    ['a mix of a public address and a private one', ['93.184.216.34', '127.0.0.1']],
    ['loopback in IPv6 dress', ['::ffff:127.0.0.1']],
    ['metadata', ['169.254.169.254']],
    ['nowhere', []],
  ])('%s', async (_, addresses) => {
    await expect(outcomes(connect('api.example', [], [addresses]))).resolves.toEqual(refused);
  });

  test.each([
    '127.0.0.1',
    '[::1]',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
    '①②⑦.0.0.1',
  ])('an address in place of a name: %s', async (host) => {
    await expect(outcomes(connect(host, []))).resolves.toEqual(refused);
  });

  test('a name that leads elsewhere the second time is looked at the second time, and the socket goes where was looked', async () => {
    const rebinding = connect('api.example', ['127.0.0.1'], [['127.0.0.1'], ['10.0.0.1']]);
    const answer = await rebinding.connection.write(get, signal, () => undefined);
    answer.body.destroy();
    expect(rebinding.asked).toEqual(['api.example']);
    await expect(rebinding.connection.write(get, signal, () => undefined)).rejects.toMatchObject({
      code: 'address_refused',
    });
    expect(rebinding.asked).toEqual(['api.example', 'api.example']);
    await rebinding.connection.close();
  });
});

test('what the connection allows is reached', async () => {
  await expect(outcomes(connect('api.example', ['127.0.0.0/8'], [['127.0.0.1']]))).resolves.toEqual([
    'sent',
    'sent',
    'sent',
    2,
  ]);
});

test('a server that is not there is no answer, and says why by a code', async () => {
  const { connection } = connect('127.0.0.1', ['127.0.0.1']);
  const away = httpConnection(
    readHttpSettings({
      name: 'api',
      settings: { base_url: 'http://127.0.0.1:1', allow_addresses: ['127.0.0.1'] },
    } as unknown as ConnectionConfig),
    systemRuntime,
  );
  await expect(away.read(get, signal)).rejects.toMatchObject({
    code: 'target_unavailable',
    details: { what: 'ECONNREFUSED' },
  });
  await Promise.all([away.close(), connection.close()]);
});
