/**
 * One endpoint in front of a double of an API server, and two ways to ask it: raw requests, and the real kubectl. With
 * `COUNTERSIGN_TEST_KUBECONFIG`, a throw-away cluster takes the double's place where a test can do with one.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Effect, type MaskPlan, noMasks } from '@countersign/core';
import {
  type Cluster,
  kubernetesCluster,
} from '../../packages/gateway/src/connections/kubernetes-cluster.ts';
import { makeMasker } from '../../packages/gateway/src/masking/masker.ts';
import {
  type ApiEvent,
  type Endpoint,
  type EndpointOptions,
  openEndpoint,
} from '../../packages/gateway/src/protocols/kubernetes/endpoint.ts';
import { systemRuntime } from '../../packages/gateway/src/runtime/runtime.ts';
import { type ApiServer, type ArrivedRequest, startApiServer } from '../support/kubernetes/api-server.ts';
import type { StoredObject } from '../support/kubernetes/store.ts';

/** Whether this machine has a kubectl. */
export const hasKubectl = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'kubectl')));

/** `read k8s:shop/-/pods/*`, one effect a text. */
export const effects = (...written: readonly string[]): readonly Effect[] =>
  written.map((one) => {
    const [action, resource] = one.split(' ');
    return { action, resource } as Effect;
  });

export const detectors: MaskPlan = {
  ...noMasks,
  columns: [null],
  detectors: [{ with: 'redact', detect: ['email', 'private_key', 'api_key'], names: ['email'], domain: 'd' }],
};
export const noDetectors: MaskPlan = { ...noMasks, columns: [null] };
export const byPath = (path: string): MaskPlan => ({
  ...noDetectors,
  paths: [{ with: 'redact', paths: [path], domain: 'd' }],
});

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface OpenCall {
  readonly endpoint: Endpoint;
  readonly events: readonly ApiEvent[];
  /** What was told before each write. */
  readonly before: readonly ApiEvent[];
  /** Ends the call as a stop would. */
  readonly stop: AbortController;
  /** A raw request, with the call's own token unless a header says otherwise. */
  readonly ask: (
    method: string,
    path: string,
    options?: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer },
  ) => Promise<Asked>;
  readonly kubectl: (
    argv: readonly string[],
    stdin?: string,
  ) => Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number | null }>;
  readonly close: () => Promise<void>;
}

export async function clusterOf(
  kubeconfig: string,
): Promise<{ readonly cluster: Cluster; readonly close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-kubeconfig-'));
  const file = join(folder, 'config');
  await writeFile(file, kubeconfig);
  const cluster = kubernetesCluster(file, systemRuntime, { env: {}, serviceAccount: folder });
  return {
    cluster,
    close: async () => {
      await cluster.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Road {
  readonly server: ApiServer;
  readonly cluster: Cluster;
  /** One call, what came of it, and what of it reached the server. */
  readonly during: <T>(
    consent: readonly string[],
    work: (call: OpenCall) => Promise<T>,
    options?: Partial<EndpointOptions>,
    plan?: MaskPlan,
  ) => Promise<{ readonly result: T; readonly call: OpenCall; readonly taken: readonly ArrivedRequest[] }>;
  readonly close: () => Promise<void>;
}

/** A double with these objects, and the way to it. */
export async function openRoad(objects: readonly StoredObject[]): Promise<Road> {
  const server = await startApiServer(objects);
  const { cluster, close } = await clusterOf(server.kubeconfig);
  return {
    server,
    cluster,
    during: async (consent, work, options, plan) => {
      server.taken();
      const call = await openCall(cluster, effects(...consent), plan, options);
      try {
        const result = await work(call);
        return { result, call, taken: server.taken() };
      } finally {
        await call.close();
        server.instead = null;
      }
    },
    close: async () => {
      await close();
      await server.close();
    },
  };
}

export async function openCall(
  cluster: Cluster,
  decided: readonly Effect[],
  plan: MaskPlan = noDetectors,
  options: Partial<EndpointOptions> = {},
): Promise<OpenCall> {
  const stop = new AbortController();
  const [events, before]: [ApiEvent[], ApiEvent[]] = [[], []];
  const masker = makeMasker(plan, { secret: new Uint8Array(32), principal: 'agent:test', run: 'run' });
  const endpoint = await openEndpoint({
    cluster,
    runtime: systemRuntime,
    effects: decided,
    masker,
    limits: { lifetimeMs: 60_000 },
    beforeWrite: async (event) => void before.push(event),
    onRequest: (event) => void events.push(event),
    signal: stop.signal,
    ...options,
  });
  const home = await mkdtemp(join(tmpdir(), 'countersign-kubectl-'));
  return {
    endpoint,
    events,
    before,
    stop,
    ask: (method, path, { headers = {}, body } = {}) => ask(endpoint, method, path, headers, body),
    kubectl: (argv, stdin) => runKubectl(endpoint, home, argv, stdin),
    close: async () => {
      await endpoint.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function ask(
  endpoint: Endpoint,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer | undefined,
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(endpoint.server);
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        ca: endpoint.caPem,
        // There is no other certificate, whatever host a test names.
        checkServerIdentity: () => undefined,
        agent: false,
        headers: {
          authorization: `Bearer ${endpoint.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(parts).toString(),
          }),
        );
      },
    );
    asked.once('error', reject);
    asked.end(body);
  });
}

async function runKubectl(
  { server, caPem, token }: Endpoint,
  home: string,
  argv: readonly string[],
  stdin: string | undefined,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number | null }> {
  const file = join(home, 'config');
  const cluster = { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') };
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'call',
      clusters: [{ name: 'endpoint', cluster }],
      users: [{ name: 'call', user: { token } }],
      contexts: [{ name: 'call', context: { cluster: 'endpoint', user: 'call', namespace: 'shop' } }],
    }),
  );
  return new Promise((resolve, reject) => {
    const child = spawn('kubectl', argv, {
      env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: file },
      stdio: 'pipe',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ stdout, stderr, exitCode }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
  });
}
