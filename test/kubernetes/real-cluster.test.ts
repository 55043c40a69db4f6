/**
 * The endpoint in front of a real API server: a throw-away cluster that `COUNTERSIGN_TEST_KUBECONFIG` names, of which one
 * namespace is made and removed. Without the variable, or without a kubectl, this is skipped. No node is needed.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cluster } from '../../packages/gateway/src/connections/kubernetes-cluster.ts';
import { byPath, clusterOf, detectors, effects, hasKubectl, noDetectors, openCall } from './endpoint-road.ts';

const file = process.env['COUNTERSIGN_TEST_KUBECONFIG'];
const here = hasKubectl && file !== undefined ? describe : describe.skip;

const namespace = `countersign-${Date.now().toString(36)}`;
const canary = 'swordfish-canary';
const spellings = [canary, Buffer.from(canary).toString('base64')];
const run = promisify(execFile);
const direct = (...argv: readonly string[]) => run('kubectl', ['--kubeconfig', file ?? '', ...argv]);

let cluster: Cluster;
let done: () => Promise<void>;

const every = (action: string) => `${action} k8s:${namespace}/*/*/*`;
const reads = [every('read'), every('secret')];
const writes = [every('write'), every('execute'), ...reads];

/** One line of kubectl, in a call of its own. */
async function line(consent: readonly string[], words: string, stdin?: string, plan = noDetectors) {
  const call = await openCall(cluster, effects(...consent), plan);
  try {
    const ended = await call.kubectl(['-n', namespace, ...words.split(' ')], stdin);
    return { ...ended, refused: call.endpoint.refused, writes: call.endpoint.writes };
  } finally {
    await call.close();
  }
}

const deployment = (image: string) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image, env: [{ name: 'DB_PASSWORD', value: canary }] }] },
      },
    },
  });

here('a real API server', () => {
  beforeAll(async () => {
    ({ cluster, close: done } = await clusterOf(await readFile(file ?? '', 'utf8')));
    await direct('create', 'namespace', namespace);
    await direct('-n', namespace, 'create', 'secret', 'generic', 'db', `--from-literal=password=${canary}`);
    await direct(
      '-n',
      namespace,
      'create',
      'configmap',
      'cfg',
      '--from-literal=mail=p@x.example',
      '--from-literal=big=12345678901234567890',
    );
    await direct('-n', namespace, 'create', 'serviceaccount', 'robot');
  }, 60_000);
  afterAll(async () => {
    await direct('delete', 'namespace', namespace, '--wait=false');
    await done();
  }, 60_000);

  test.each([
    'get secret db -o yaml',
    'get secrets -o json',
    'get secrets',
    'describe secret db',
    'get secret db -o jsonpath={.data.password}',
    'get secrets -o custom-columns=V:.data.password',
    'get secrets --watch --request-timeout=1s -o json',
    'get events',
    'get all',
    'api-resources',
    'explain pods',
    'version',
  ])('never 38: %s', async (words) => {
    const { stdout, stderr, exitCode, refused } = await line(reads, words);
    for (const hidden of spellings) expect(stdout + stderr).not.toContain(hidden);
    expect([exitCode, refused]).toEqual([0, null]);
  });

  test('numbers keep their digits, and what is found in a text is hidden', async () => {
    const { stdout } = await line(reads, 'get configmap cfg -o yaml', undefined, detectors);
    expect(stdout).toContain('big: "12345678901234567890"');
    expect(stdout).toContain("mail: '[redacted]'");
    expect(
      (await line(reads, 'get configmap cfg -o yaml', undefined, byPath('$.data.big'))).stdout,
    ).toContain("big: '[redacted]'");
  });

  test.each([
    ['apply -f -', deployment('nginx:1')],
    ['apply -f -', deployment('nginx:2')],
    ['apply --server-side --force-conflicts -f -', deployment('nginx:3')],
    ['apply --dry-run=server -f -', deployment('nginx:4')],
    ['scale deployment web --replicas=3', ''],
    ['scale deployment web --replicas=4 --current-replicas=3', ''],
    ['set image deployment/web c=nginx:5', ''],
    ['set env deployment/web MODE=fast', ''],
    ['patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":1}]', ''],
    ['patch deployment web --type=merge -p {"spec":{"replicas":2}}', ''],
    ['patch deployment web -p {"spec":{"replicas":3}}', ''],
    ['rollout restart deployment/web', ''],
    ['autoscale deployment web --min=1 --max=3', ''],
    ['expose deployment web --port=80', ''],
    ['create configmap made --from-literal=a=b', ''],
    ['create secret generic made --from-literal=a=b -o yaml', ''],
    ['create job once --image=nginx', ''],
    ['run one --image=nginx', ''],
    ['debug one --image=busybox --profile=general', ''],
    ['logs one', ''],
    ['label secret db a=b -o yaml', ''],
    ['annotate configmap cfg a=b', ''],
    ['delete pod one --grace-period=0 --force', ''],
    ['delete configmap made', ''],
    ['delete secret made --wait=false', ''],
  ] as const)('%s', async (words, stdin) => {
    const { stdout, stderr, exitCode, refused, writes: counted } = await line(writes, words, stdin);
    expect([stderr.replace(/^(?:Warning: |Default).*\n/gm, ''), exitCode, refused]).toEqual(['', 0, null]);
    for (const hidden of spellings) expect(stdout).not.toContain(hidden);
    expect(counted.sent).toBe(counted.answered);
  });

  test('a token of a service account is made, and not shown', async () => {
    const { stdout, exitCode } = await line(
      [`secret.token k8s:${namespace}/-/serviceaccounts/robot`],
      'create token robot',
    );
    expect([stdout, exitCode]).toEqual(['[redacted]', 0]);
  });

  test('why a command can’t run is told by the API server', async () => {
    await direct('-n', namespace, 'run', 'lonely', '--image=nginx');
    const { stderr, exitCode, writes: counted } = await line(writes, 'exec lonely -- ls');
    expect([stderr, exitCode]).toEqual([
      'Error from server (BadRequest): pod lonely does not have a host assigned\n',
      1,
    ]);
    expect(counted).toEqual({ sent: 1, answered: 1, accepted: 0 });
  });

  test.each([
    ['delete deployment web', [every('read')]],
    ['delete configmap cfg', [`write k8s:${namespace}/-/configmaps/other`]],
    ['get pods -A', [every('read')]],
    ['get secrets', [every('read')]],
    ['create clusterrole x --verb=get --resource=pods', [every('write')]],
    [
      'patch secret db --type=json -p [{"op":"copy","from":"/data/password","path":"/metadata/labels"}]',
      writes,
    ],
    ['patch configmap cfg -p {"data":{"mail":"[redacted]"}}', writes],
  ] as const)('never 45: %s is refused', async (words, consent) => {
    const { exitCode, refused, writes: counted } = await line(consent, words);
    expect([exitCode, counted.sent]).toEqual([1, 0]);
    expect(refused).not.toBeNull();
    const { stdout } = await direct('-n', namespace, 'get', 'configmap/cfg', 'deployment/web', '-o', 'name');
    expect(stdout).toBe('configmap/cfg\ndeployment.apps/web\n');
  });
});
