import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ownCertificate } from '../protocols/kubernetes/own-certificate.ts';
import { systemRuntime } from '../runtime/runtime.ts';
import { kubernetesCluster } from './kubernetes-cluster.ts';

const [serverPair, clientPair, otherPair] = [1, 2, 3].map(() => ownCertificate(Date.now(), 3_600_000)) as [
  ReturnType<typeof ownCertificate>,
  ReturnType<typeof ownCertificate>,
  ReturnType<typeof ownCertificate>,
];
let server: Server;
let folder: string;
let url: string;
/** What arrived: headers, and the fingerprint of the client's certificate. */
let arrived: {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly peer: string | undefined;
}[] = [];
/** Tokens that the server takes; any where there are none. */
let good: readonly string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-cluster-'));
  server = createServer(
    {
      cert: serverPair.certPem,
      key: serverPair.keyPem,
      ca: clientPair.certPem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate().fingerprint256;
      arrived.push({ headers: request.headers, url: request.url ?? '', peer });
      const { authorization = '' } = request.headers;
      response.statusCode = good.length === 0 || good.includes(authorization.slice(7)) ? 200 : 401;
      response.end('{}');
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  arrived = [];
  good = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const b64 = (text: string) => Buffer.from(text).toString('base64');
const signal = new AbortController().signal;
const ask = { method: 'GET', path: '/api', headers: [], body: null };

async function clusterFor(user: object, cluster: object = {}, runtime = systemRuntime, env = {}) {
  const file = join(folder, `config-${Math.random()}`);
  await writeFile(
    file,
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [
        {
          name: 'k',
          cluster: {
            server: `${url}/base`,
            'certificate-authority-data': b64(serverPair.certPem),
            ...cluster,
          },
        },
      ],
      users: [{ name: 'u', user }],
    }),
  );
  return kubernetesCluster(file, runtime, { env, serviceAccount: folder });
}

async function asked(cluster: Awaited<ReturnType<typeof clusterFor>>): Promise<number> {
  const response = await cluster.read(ask, signal);
  response.resume();
  return response.statusCode ?? 0;
}

async function plugin(script: string) {
  const command = join(folder, `plugin-${Math.random()}`);
  await writeFile(command, `#!/bin/sh\n${script}\n`);
  await chmod(command, 0o700);
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command,
      env: [{ name: 'GIVEN', value: 'given' }],
    },
  };
}
const credential = (status: object) =>
  `echo '${JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status })}'`;

test('a token is sent, below the cluster’s base path', async () => {
  const cluster = await clusterFor({ token: 'told' });
  expect(await asked(cluster)).toBe(200);
  expect(arrived).toMatchObject([{ url: '/base/api', headers: { authorization: 'Bearer told' } }]);
  expect(await cluster.secrets()).toEqual(['told']);
  await cluster.close();
});

test('a token file is read again, so that a new token is used', async () => {
  const file = join(folder, 'token');
  let now = 1_000_000;
  await writeFile(file, 'first\n');
  const cluster = await clusterFor({ tokenFile: file }, {}, { ...systemRuntime, now: () => now });
  await asked(cluster);
  await writeFile(file, 'second\n');
  await asked(cluster);
  now += 61_000;
  await asked(cluster);
  expect(arrived.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer first',
    'Bearer first',
    'Bearer second',
  ]);
  await cluster.close();
});

test('a token that the server takes for over is read again at once, for a read', async () => {
  const file = join(folder, 'token-2');
  await writeFile(file, 'old');
  good = ['old'];
  const cluster = await clusterFor({ tokenFile: file });
  await asked(cluster);
  good = ['new'];
  await writeFile(file, 'new');
  expect(await asked(cluster)).toBe(200);
  expect(arrived).toHaveLength(3);
  await cluster.close();
});

test('a client certificate is shown, and no token', async () => {
  const cluster = await clusterFor({
    'client-certificate-data': b64(clientPair.certPem),
    'client-key-data': b64(clientPair.keyPem),
  });
  expect(await asked(cluster)).toBe(200);
  expect(arrived[0]?.headers).not.toHaveProperty('authorization');
  expect(arrived[0]?.peer).toMatch(/^[0-9A-F:]{95}$/);
  await cluster.close();
});

describe('a plugin', () => {
  test('gives a token, once, from little of the environment', async () => {
    const config = await plugin(
      `[ "$SECRET$COUNTERSIGN_KEYS" = "" ] && [ "$GIVEN" = given ] && [ -n "$KUBERNETES_EXEC_INFO" ] && echo x >> "$0.runs" && ${credential({ token: 'fetched' })}`,
    );
    const cluster = await clusterFor(config, {}, systemRuntime, {
      PATH: process.env['PATH'],
      SECRET: 'canary',
      COUNTERSIGN_KEYS: 'canary',
    });
    expect([await asked(cluster), await asked(cluster)]).toEqual([200, 200]);
    expect(arrived.map(({ headers }) => headers.authorization)).toEqual(['Bearer fetched', 'Bearer fetched']);
    await cluster.close();
  });

  test.each([
    ['fails', 'echo canary >&2; exit 1'],
    ['says nothing', 'true'],
    ['gives no JSON', 'echo canary'],
    ['gives another form', `echo '{"kind":"Secret","apiVersion":"v1"}'`],
    ['gives neither token nor certificate', credential({})],
    ['gives a token of two lines', credential({ token: 'a\\nb: canary' })],
    ['gives too much', 'head -c 300000 /dev/zero | tr "\\0" x'],
  ])('that %s is no credential, and is not quoted', async (_, script) => {
    const cluster = await clusterFor(await plugin(script), {}, systemRuntime, { PATH: process.env['PATH'] });
    const thrown = await cluster.read(ask, signal).catch((error: Error & { code: string }) => error);
    expect((thrown as { code?: string }).code).toMatch(/^(?:target_unavailable|config_invalid)$/);
    expect((thrown as Error).message).not.toContain('canary');
    expect(arrived).toEqual([]);
    await cluster.close();
  });
});

describe('in a cluster', () => {
  test('the pod’s service account is used', async () => {
    await writeFile(join(folder, 'token'), 'pod-token');
    await writeFile(join(folder, 'ca.crt'), serverPair.certPem);
    await writeFile(join(folder, 'namespace'), 'here\n');
    const { hostname, port } = new URL(url);
    const cluster = kubernetesCluster(null, systemRuntime, {
      env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
      serviceAccount: folder,
    });
    expect([await asked(cluster), await cluster.namespace()]).toEqual([200, 'here']);
    expect(arrived[0]?.headers.authorization).toBe('Bearer pod-token');
    await cluster.close();
  });

  test('and outside of one it is said that a kubeconfig is missing', async () => {
    const cluster = kubernetesCluster(null, systemRuntime, { env: {}, serviceAccount: folder });
    await expect(cluster.read(ask, signal)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('without kubeconfig'),
    });
  });
});

describe('never 43: a server that is not the cluster’s gets nothing', () => {
  test.each([
    ['another CA', { 'certificate-authority-data': b64(otherPair.certPem) }],
    ['none, for a certificate that signs itself', { 'certificate-authority-data': undefined }],
    ['another name', { 'tls-server-name': 'kubernetes.default' }],
  ])('%s', async (_, cluster) => {
    const reached = await clusterFor({ token: 'canary' }, cluster);
    await expect(reached.read(ask, signal)).rejects.toMatchObject({ code: 'target_unavailable' });
    const connected: string[] = [];
    await expect(
      reached.write({ ...ask, method: 'POST' }, signal, () => void connected.push('yes')),
    ).rejects.toMatchObject({ code: 'target_unavailable' });
    expect([arrived, connected]).toEqual([[], []]);
    await reached.close();
  });
});

test('a cluster that is not there is said so, by a code', async () => {
  const cluster = await clusterFor({ token: 't' }, { server: 'https://127.0.0.1:1' });
  await expect(cluster.read(ask, signal)).rejects.toMatchObject({
    code: 'target_unavailable',
    details: { what: 'ECONNREFUSED' },
  });
  await cluster.close();
});
