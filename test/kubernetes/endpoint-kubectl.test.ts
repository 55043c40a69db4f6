/**
 * The real kubectl through the endpoint: what it prints, and what of it reached the API server. Where the machine has no
 * kubectl, these are skipped.
 */

import type { MaskPlan } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cluster } from '../../packages/gateway/src/connections/kubernetes-cluster.ts';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import {
  byPath,
  clusterOf,
  detectors,
  effects,
  hasKubectl,
  noDetectors,
  type OpenCall,
  openCall,
} from './endpoint-road.ts';

const here = hasKubectl ? describe : describe.skip;
const applied = 'kubectl.kubernetes.io/last-applied-configuration';
const canary = 'hunter2!canary';
const b64 = Buffer.from(canary).toString('base64');
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'db', namespace: 'shop' },
  type: 'Opaque',
  data: { password: b64 },
};
const container = {
  name: 'c',
  image: 'nginx',
  env: [
    { name: 'DB_PASSWORD', value: canary },
    { name: 'MODE', value: 'fast' },
  ],
};

let server: ApiServer;
let cluster: Cluster;
let done: () => Promise<void>;
beforeAll(async () => {
  server = await startApiServer([
    {
      ...secret,
      metadata: {
        ...secret.metadata,
        annotations: { [applied]: JSON.stringify({ ...secret, stringData: { a: canary } }) },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cfg', namespace: 'shop' },
      data: { mail: 'p@x.example', place: 'path-canary', big: '12345678901234567890' },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { nodeName: 'node-path-canary', containers: [container] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: {}, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e1', namespace: 'shop' },
      message: 'mail to p@x.example failed',
      involvedObject: { kind: 'Pod', name: 'web' },
      type: 'Warning',
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    ...Array.from({ length: 1200 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `n${index}`, namespace: 'many' },
      data: { a: '1' },
    })),
  ]);
  server.logs.set('web', [
    'started\nmail p@',
    `x.example\n-----BEGIN RSA PRIVATE KEY-----\nMIIcanary\n-----END RSA PRIVATE KEY-----\ndone\n`,
  ]);
  ({ cluster, close: done } = await clusterOf(server.kubeconfig));
});
afterAll(async () => {
  await done();
  await server.close();
});

async function during<T>(consent: readonly string[], plan: MaskPlan, work: (call: OpenCall) => Promise<T>) {
  server.taken();
  const call = await openCall(cluster, effects(...consent), plan);
  try {
    const result = await work(call);
    return { result, call, taken: server.taken() };
  } finally {
    await call.close();
  }
}

const reads = ['read k8s:*/*/*/*', 'secret k8s:*/-/secrets/*'];

here('never 38: no output of kubectl shows what is hidden', () => {
  test.each<readonly [MaskPlan, string, string?]>([
    [noDetectors, 'get secret db -o yaml'],
    [noDetectors, 'get secrets -o json'],
    [noDetectors, 'get secret db -o jsonpath={.data.password}', Buffer.from('[redacted]').toString('base64')],
    [noDetectors, 'get secrets -o custom-columns=V:.data.*'],
    [
      noDetectors,
      'get secrets -o go-template={{range.items}}{{.data.password|base64decode}}{{end}}',
      '[redacted]',
    ],
    [noDetectors, `get secret db -o jsonpath={.metadata.annotations}`, '[redacted]'],
    [noDetectors, 'describe secret db', '10 bytes'],
    [noDetectors, 'get secrets --sort-by=.data.password'],
    [noDetectors, 'get secret/db configmap/cfg -o yaml', 'big: "12345678901234567890"'],
    [detectors, 'get configmap cfg -o yaml', "mail: '[redacted]'"],
    [detectors, 'get deployment web -o yaml', "value: '[redacted]'"],
    [detectors, 'get pod web -o jsonpath={.spec.containers[0].env}', 'fast'],
    [detectors, 'describe pod web', '[redacted]'],
    [detectors, 'get events', 'mail to [redacted] failed'],
    [detectors, 'get events -o yaml', 'mail to [redacted] failed'],
    [detectors, 'logs web', 'started\nmail [redacted]\n[redacted]\ndone\n'],
    [byPath('$.data.place'), 'get configmap cfg -o yaml', "place: '[redacted]'"],
    [byPath('$.data.place'), 'get configmaps -o jsonpath={.items[*].data.place}', '[redacted]'],
    [byPath('$.data.place'), 'get configmaps', 'cfg'],
    [byPath('$.spec.nodeName'), 'get pods', 'web    [redacted]'],
    [byPath('$..nodeName'), 'get pod web -w --request-timeout=1s', 'NAME'],
    [byPath('$..value'), 'describe deployment web', '[redacted]'],
  ])('%#: %j %s', async (plan, line, shown = '') => {
    const { result, call } = await during(reads, plan, ({ kubectl }) => kubectl(line.split(' ')));
    const output = result.stdout + result.stderr;
    for (const hidden of [
      b64,
      ...(plan === detectors ? ['p@x', 'MIIcanary', canary] : []),
      ...(plan.paths ? ['path-canary'] : []),
    ])
      expect(output).not.toContain(hidden);
    expect(output).toContain(shown);
    expect([result.exitCode, call.endpoint.refused]).toEqual([0, null]);
  });

  test('nor does a watch', async () => {
    const { result } = await during(reads, noDetectors, ({ kubectl }) =>
      kubectl(['get', 'secrets', '-o', 'yaml', '--watch', '--request-timeout=1s']),
    );
    expect(result.stdout).toContain('password: W3JlZGFjdGVkXQ==');
    expect(result.stdout).not.toContain(b64);
  });
});

here('what is not there', () => {
  test('is said so by describe, which looks for others like it and hears nothing of them', async () => {
    const { result, call, taken } = await during(['read k8s:shop/-/pods/we'], noDetectors, ({ kubectl }) =>
      kubectl(['describe', 'pod', 'we']),
    );
    expect(result).toEqual({
      stdout: '',
      stderr: 'Error from server (NotFound): pods "we" not found\n',
      exitCode: 1,
    });
    expect(call.endpoint.refused).toBeNull();
    expect(taken.map(({ url }) => url)).toEqual([
      '/api/v1/namespaces/shop/pods/we',
      '/api/v1/namespaces/shop',
    ]);
  });
});

here('a list in chunks', () => {
  test('is whole', async () => {
    const { result, taken } = await during(['read k8s:many/-/configmaps/*'], detectors, ({ kubectl }) =>
      kubectl(['get', 'configmaps', '-n', 'many', '-o', 'name']),
    );
    expect(result.stdout.trim().split('\n')).toHaveLength(1200);
    expect(taken).toHaveLength(3);
  });
});

here('limits', () => {
  test('a limit: what a command writes of a Secret is known by detectors only', async () => {
    server.command = () => ({ stdout: 'swordfish\n', stderr: '', exitCode: 0 });
    const { result } = await during(['execute k8s:shop/-/pods/web'], detectors, ({ kubectl }) =>
      kubectl(['exec', 'web', '--', 'cat', '/var/run/secrets/db']),
    );
    expect(result.stdout).toBe('swordfish\n');
  });

  test('a limit: what was applied before is not taken over where it is hidden', async () => {
    const before = JSON.stringify({ ...secret, metadata: { name: 'taken' }, data: { a: b64 } });
    const { result, call } = await during(
      ['write k8s:shop/-/secrets/taken'],
      noDetectors,
      async ({ kubectl }) => {
        await kubectl(['apply', '-f', '-'], before);
        return kubectl(['apply', '--server-side', '-f', '-'], before);
      },
    );
    expect(result.stdout).toBe('secret/taken serverside-applied\n');
    expect(call.endpoint.refused?.why).toBe('it carries a mask, which is no value');
    expect(call.endpoint.writes.accepted).toBe(2);
  });

  test('a limit: what a cell was computed from is not looked for', async () => {
    const { result } = await during(reads, byPath('$.data'), ({ kubectl }) =>
      kubectl(['get', 'configmap', 'cfg', '--no-headers']),
    );
    expect(result.stdout.split(/\s+/).slice(0, 2)).toEqual(['cfg', '3']);
  });
});

here('writes of kubectl', () => {
  const manifest = (data: object) =>
    JSON.stringify({ ...secret, metadata: { name: 'app' }, data: undefined, stringData: data });
  const consent = [
    'write k8s:shop/-/secrets/app',
    'write k8s:shop/apps/deployments/web',
    'write k8s:shop/-/configmaps/made',
  ];

  test('apply a Secret, again with other values, and lose none that stay', async () => {
    const { result, call } = await during(consent, detectors, async ({ kubectl }) => [
      await kubectl(['apply', '-f', '-'], manifest({ a: 'one!', gone: 'x' })),
      await kubectl(['apply', '-f', '-'], manifest({ a: 'two!', b: 'three!' })),
    ]);
    expect(result.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual([
      ['secret/app created\n', 0],
      ['secret/app configured\n', 0],
    ]);
    expect(
      server.store.get({ group: '', version: 'v1', resource: 'secrets', namespace: 'shop' }, 'app'),
    ).toMatchObject({
      stringData: { a: 'two!', b: 'three!' },
    });
    expect(call.endpoint.writes).toEqual({ sent: 2, answered: 2, accepted: 2 });
  });

  test.each([
    'scale deployment web --replicas=5',
    'scale deployment web --replicas=6 --current-replicas=5',
    'set image deployment/web c=nginx:2',
    'patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":7}]',
    'patch deployment web --type=merge -p {"spec":{"replicas":8}}',
    'label deployment web x=y',
    'annotate secret app note=seen',
    'rollout restart deployment/web',
    'delete secret app',
  ])('%s', async (line) => {
    const { result, call } = await during(consent, noDetectors, ({ kubectl }) =>
      kubectl(line.split(' '), manifest({ a: 'four!' })),
    );
    expect([result.exitCode, result.stderr, call.endpoint.refused]).toEqual([0, '', null]);
    expect(call.endpoint.writes).toEqual({ sent: 1, answered: 1, accepted: 1 });
  });

  test('apply on the server’s side', async () => {
    const made = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'made' },
      data: { a: 'b' },
    });
    const { result, taken } = await during(consent, noDetectors, ({ kubectl }) =>
      kubectl(['apply', '--server-side', '-f', '-'], made),
    );
    expect(result).toEqual({ stdout: 'configmap/made serverside-applied\n', stderr: '', exitCode: 0 });
    expect(taken.at(-1)?.headers['content-type']).toBe('application/apply-patch+yaml');
  });

  test('create what kubectl knows and sends as protobuf', async () => {
    const { result, taken } = await during(consent, noDetectors, ({ kubectl }) =>
      kubectl(['create', 'configmap', 'made', '--from-literal=a=b', '--dry-run=server']),
    );
    expect(result.stderr + result.stdout).toContain('configmaps "made" already exists');
    expect(taken.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      'POST /api/v1/namespaces/shop/configmaps',
    ]);
  });

  test.each([
    ['create configmap other --from-literal=a=b', 'what was decided does not cover it'],
    ['delete deployment other', 'what was decided does not cover it'],
    ['delete deployments --all', 'what was decided does not cover it'],
    ['scale deployment web --replicas=1 -n other', 'what was decided does not cover it'],
    ['create configmap made --from-literal=a=[redacted]', 'it carries a mask, which is no value'],
  ])('never 45: %s is refused, and nothing is written', async (line, why) => {
    const { result, call, taken } = await during(consent, noDetectors, ({ kubectl }) =>
      kubectl(line.split(' ')),
    );
    expect(result.exitCode).toBe(1);
    expect(call.endpoint.refused?.why).toBe(why);
    expect(taken.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

here('never 47: a command’s stream', () => {
  const consent = ['execute k8s:shop/-/pods/web'];
  const exec = (...argv: readonly string[]) => ['exec', 'web', '--', ...argv];

  test('runs over a WebSocket, is masked both of its ways out, and recorded', async () => {
    server.command = () => ({
      stdout: ['to p@x.', 'example\npart'],
      stderr: '-----BEGIN RSA PRIVATE KEY-----\nMIIcanary',
      exitCode: 0,
    });
    const { result, call, taken } = await during(consent, detectors, ({ kubectl }) =>
      kubectl(exec('cat', 'a b')),
    );
    expect(result).toEqual({
      stdout: 'to [redacted]\npart',
      stderr: expect.stringContaining('[redacted]'),
      exitCode: 0,
    });
    expect(result.stderr).not.toContain('MIIcanary');
    expect(taken.at(-1)?.url).toBe(
      '/api/v1/namespaces/shop/pods/web/exec?command=cat&command=a+b&container=c&stderr=true&stdout=true',
    );
    expect(taken.at(-1)?.headers).toMatchObject({
      upgrade: 'websocket',
      'sec-websocket-protocol': expect.stringContaining('v5'),
    });
    const event = call.events.at(-1);
    expect(event).toMatchObject({ verb: 'connect', subresource: 'exec', status: 101, refused: null });
    expect(event?.stream).toMatchObject({ received: 5, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(event?.stream?.bytes).toBeGreaterThan(60);
    expect(JSON.stringify(call.events)).not.toMatch(/p@x|MIIcanary/);
    expect(call.before).toHaveLength(1);
    expect(call.endpoint.writes).toEqual({ sent: 1, answered: 1, accepted: 1 });
  });

  test('tells the exit code', async () => {
    server.command = () => ({ stdout: '', stderr: 'no\n', exitCode: 42 });
    const { result } = await during(consent, noDetectors, ({ kubectl }) => kubectl(exec('false')));
    expect(result).toEqual({
      stdout: '',
      stderr: 'no\ncommand terminated with exit code 42\n',
      exitCode: 42,
    });
  });

  test('leaves bytes that are no text as they are', async () => {
    server.command = () => ({ stdout: Buffer.from([0xff, 0x00, 0xfe, 0x0a]), stderr: '', exitCode: 0 });
    const { result } = await during(consent, detectors, ({ kubectl }) => kubectl(exec('cat')));
    expect(Buffer.from(result.stdout).toString('hex')).toBe(
      Buffer.from([0xff, 0x00, 0xfe, 0x0a]).toString().length === 4 ? 'efbfbd00efbfbd0a' : '',
    );
  });

  test('that breaks off is open', async () => {
    server.command = () => ({ stdout: 'begun\n', stderr: '', exitCode: null });
    const { result, call } = await during(consent, noDetectors, ({ kubectl }) => kubectl(exec('work')));
    expect(result.stdout).toBe('begun\n');
    expect(call.endpoint.writes).toEqual({ sent: 1, answered: 0, accepted: 0 });
  });

  test('with input is refused before it begins', async () => {
    const { result, call, taken } = await during(consent, noDetectors, ({ kubectl }) =>
      kubectl(['exec', '-i', 'web', '--', 'sh'], 'rm -rf /\n'),
    );
    expect(result.exitCode).toBe(1);
    expect(call.endpoint.refused?.why).toBe('nobody is there to type');
    expect(taken.filter(({ url }) => url.includes('/exec'))).toEqual([]);
  });

  test('that was not decided is refused', async () => {
    const { result, call, taken } = await during(['read k8s:shop/-/pods/*'], noDetectors, ({ kubectl }) =>
      kubectl(exec('ls')),
    );
    expect(result.exitCode).toBe(1);
    expect(call.endpoint.refused).toMatchObject({ effects: effects('execute k8s:shop/-/pods/web') });
    expect(taken.filter(({ url }) => url.includes('/exec'))).toEqual([]);
  });

  test('says why the cluster did not open it, and kubectl’s second way is not tried there', async () => {
    const { result, taken } = await during(
      ['execute k8s:shop/-/pods/*', 'read k8s:shop/-/pods/*'],
      noDetectors,
      async ({ kubectl }) => {
        server.instead = null;
        server.store.remove({ group: '', version: 'v1', resource: 'pods', namespace: 'shop' }, 'none');
        return kubectl(['exec', 'none', '--', 'ls']);
      },
    );
    expect(result.stderr).toContain('pods "none" not found');
    expect(taken.filter(({ method }) => method === 'POST')).toEqual([]);
  });
});
