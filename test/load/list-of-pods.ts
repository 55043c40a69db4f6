/**
 * Listing five thousand pods in chunks of 500, as kubectl does: from an API server directly, and through the endpoint, with
 * no mask that looks at pods and with detectors. The server is the tests' double, in a process of its own.
 * `node --conditions=@countersign/source test/load/list-of-pods.ts [pods]`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { detectorGroups, type MaskPlan, noMasks } from '@countersign/core';
import { kubernetesCluster } from '../../packages/gateway/src/connections/kubernetes-cluster.ts';
import { makeMasker } from '../../packages/gateway/src/masking/masker.ts';
import { openEndpoint } from '../../packages/gateway/src/protocols/kubernetes/endpoint.ts';
import { systemRuntime } from '../../packages/gateway/src/runtime/runtime.ts';
import { clusterOf } from '../kubernetes/endpoint-road.ts';
import { startApiServer } from '../support/kubernetes/api-server.ts';
import type { StoredObject } from '../support/kubernetes/store.ts';
import { inTurns, print, warmUp } from './measure.ts';

const pods = Number(process.argv[2] ?? 5000);
const chunk = 500;

/** A pod as a cluster tells of one that runs: some 4 KB. */
function pod(index: number): StoredObject {
  const name = `web-${index}-${((index * 2654435761) % 2 ** 32).toString(36)}`;
  const state = { running: { startedAt: '2026-01-01T00:00:05Z' } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'load',
      generateName: 'web-',
      labels: { app: 'web', 'pod-template-hash': String(index % 7), tier: `t${index % 3}` },
      annotations: { 'prometheus.io/scrape': 'true', 'checksum/config': `${index * 7919}`.padStart(64, '0') },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web-${index % 7}`, uid: `u-${index % 7}` },
      ],
      managedFields: ['kube-controller-manager', 'kubelet'].map((manager) => ({
        manager,
        operation: 'Update',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: Object.fromEntries(
          Array.from({ length: 30 }, (_, at) => [`f:field${at}`, { '.': {}, 'f:type': {} }]),
        ),
      })),
    },
    spec: {
      nodeName: `node-${index % 40}`,
      serviceAccountName: 'web',
      containers: ['app', 'proxy'].map((container) => ({
        name: container,
        image: `registry.internal/${container}:1.${index % 9}.0`,
        args: ['--listen=:8080', `--shard=${index}`],
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'REGION', value: `r${index % 5}` },
        ],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        volumeMounts: [
          { name: 'token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
        ],
      })),
      tolerations: [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
    },
    status: {
      phase: 'Running',
      podIP: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: '2026-01-01T00:00:05Z',
      })),
      containerStatuses: ['app', 'proxy'].map((container) => ({
        name: container,
        ready: true,
        restartCount: index % 3,
        state,
      })),
    },
  };
}

if (process.send !== undefined) {
  const server = await startApiServer(Array.from({ length: pods }, (_, index) => pod(index)));
  process.send(server.kubeconfig);
} else await measure();

interface Way {
  readonly url: string;
  readonly agent: Agent;
  readonly token: string;
}

/** Reads all chunks. @returns bytes, unpacked. */
async function list({ url, agent, token }: Way): Promise<number> {
  let bytes = 0;
  for (let next: string | undefined = ''; next !== undefined; ) {
    const query: string = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
    const asked = request(`${url}/api/v1/namespaces/load/pods?limit=${chunk}${query}`, {
      agent,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'accept-encoding': 'gzip' },
    });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const whole = await buffer(
      answer.headers['content-encoding'] === 'gzip' ? answer.pipe(createGunzip()) : answer,
    );
    if (answer.statusCode !== 200) throw new Error(whole.toString().slice(0, 200));
    bytes += whole.length;
    next = /"continue":"([^"]+)"/.exec(
      whole.subarray(0, 500).toString() + whole.subarray(-500).toString(),
    )?.[1];
  }
  return bytes;
}

async function measure(): Promise<void> {
  const child = fork(new URL(import.meta.url).pathname, [String(pods)]);
  const [kubeconfig] = (await once(child, 'message')) as [string];
  const { cluster, close } = await clusterOf(kubeconfig);
  const { clusters, users } = JSON.parse(kubeconfig) as {
    readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
    readonly users: readonly [{ readonly user: { readonly token: string } }];
  };
  const { server = '', 'certificate-authority-data': ca = '' } = clusters[0].cluster;
  const direct: Way = {
    url: server,
    token: users[0].user.token,
    agent: new Agent({ keepAlive: true, ca: Buffer.from(ca, 'base64') }),
  };
  const plans: Readonly<Record<string, MaskPlan>> = {
    'nothing of pods hidden': { ...noMasks, columns: [null] },
    'detectors for email and secret': {
      ...noMasks,
      columns: [null],
      detectors: [{ with: 'redact', detect: ['email', ...detectorGroups.secret], names: [], domain: 'd' }],
    },
  };

  /** Each list is a call of its own: an endpoint with its own certificate, and a connection to it. */
  async function through(plan: MaskPlan, of: ReturnType<typeof kubernetesCluster>): Promise<void> {
    const endpoint = await openEndpoint({
      cluster: of,
      runtime: systemRuntime,
      effects: [{ action: 'read', resource: 'k8s:load/-/pods/*' }],
      masker: makeMasker(plan, { secret: new Uint8Array(32), principal: 'agent:load', run: 'run' }),
      limits: { lifetimeMs: 60_000 },
      beforeWrite: async () => undefined,
      onRequest: () => undefined,
      signal: new AbortController().signal,
    });
    const agent = new Agent({ keepAlive: true, ca: endpoint.caPem });
    await list({ url: endpoint.server, agent, token: endpoint.token });
    agent.destroy();
    await endpoint.close();
  }

  const things = {
    direct: () => list(direct),
    ...Object.fromEntries(
      Object.entries(plans).map(([name, plan]) => [name, () => through(plan, cluster)] as const),
    ),
  };
  await warmUp(3, async () => {
    for (const one of Object.values(things)) await one();
  });
  const bytes = await list(direct);
  print(`${pods} pods, ${(bytes / 1e6).toFixed(1)} MB of JSON, in chunks of ${chunk}`);
  const measured: Readonly<Record<string, { readonly medianMs: number }>> = await inTurns(5, 1, things);
  const base = measured['direct']?.medianMs ?? Number.NaN;
  for (const [name, { medianMs }] of Object.entries(measured))
    print(`${name}: ${medianMs.toFixed(0)} ms, ${(medianMs / base).toFixed(2)} times as long`);
  direct.agent.destroy();
  await close();
  child.kill();
}
