/** A kubectl call from the agent to the API server and back, judged by the server's own log. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasKubectl } from './endpoint-road.ts';
import { openRoad, policy, type Road } from './road.ts';

const here = hasKubectl ? describe : describe.skip;
let road: Road;
beforeAll(async () => {
  road = await openRoad(policy('', 'masks:\n  - { detect: [email], with: redact }\n'));
}, 60_000);
afterAll(() => road.close());

const manifest = (kind: string, name: string, more: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind, metadata: { name }, ...more });

here('a read', () => {
  test('brings back what kubectl wrote, and its exit code', async () => {
    const result = await road.result({ argv: ['get', 'pods', '-o', 'name'] });
    expect(result).toEqual({ stdout: 'pod/web\npod/db\n', stderr: '', exit_code: 0, truncated: false });
    expect(road.reached()).toEqual(['GET /api/v1/namespaces/shop/pods']);
  });

  test('of what is not there is an answer of kubectl’s', async () => {
    const result = await road.result({ argv: ['get', 'pod/nothing'] });
    expect(result.exit_code).toBe(1);
    expect(result.stderr).toContain('pods "nothing" not found');
  });

  test('never 45: goes to the namespace that was judged, wherever the line names it', async () => {
    road.reached();
    for (const argv of [
      ['-n', 'prod', 'get', 'pods', '-o', 'name'],
      ['get', '-nprod', 'pods', '-o', 'name'],
      ['get', 'pods', '-n', 'shop', '-o', 'name', '--namespace=prod'],
    ])
      expect([argv, (await road.result({ argv })).stdout, road.reached()]).toEqual([
        argv,
        'pod/web\n',
        ['GET /api/v1/namespaces/prod/pods'],
      ]);
  });

  test('is masked before kubectl sees it, and once more as text', async () => {
    const { stdout } = await road.result({ argv: ['get', 'cm', 'app', '-o', 'jsonpath={.data.owner}'] });
    expect(stdout).toBe('[redacted]');
    const yaml = await road.result({ argv: ['get', 'cm', 'app', '-o', 'yaml'] });
    expect(yaml.stdout).toContain('mode: fast');
    expect(yaml.stdout).not.toContain('p.doe');
  });
});

here('a write', () => {
  test('that policy allows reaches the API server once', async () => {
    road.reached();
    const result = await road.result({
      argv: ['apply', '-f', '-'],
      stdin: manifest('ConfigMap', 'new', { data: { a: 'b' } }),
    });
    expect(result).toMatchObject({ stdout: 'configmap/new created\n', exit_code: 0 });
    expect(road.reached().filter((one) => !one.startsWith('GET'))).toEqual([
      'POST /api/v1/namespaces/shop/configmaps',
    ]);
  });

  test('never 28: waits for a person who sees the line and the manifests whole, and runs after the vote', async () => {
    road.reached();
    const stdin = manifest('Service', 'front', { spec: { ports: [{ port: 80 }] } });
    const call = await road.submit({ argv: ['create', '-f', '-', '--save-config=false'], stdin });
    expect(call.state).toBe('waiting');
    expect(road.reached()).toEqual(['GET /api/v1/namespaces/shop/services/front']);
    const { preview } = await road.card(call);
    expect(preview.input).toEqual([
      { label: 'line', text: 'kubectl create -f - --save-config=false' },
      { label: 'stdin', text: stdin },
    ]);
    expect(preview.words).toEqual(['creates services front in shop']);
    await road.approve(call);
    await expect(road.execute(call)).resolves.toMatchObject({
      outcome: 'succeeded',
      result: { stdout: 'service/front created\n', exit_code: 0 },
    });
    expect(road.reached().filter((one) => one.startsWith('POST'))).toEqual([
      'POST /api/v1/namespaces/shop/services',
    ]);
  });

  test('never 47, 49: is recorded request by request, without values', async () => {
    const { call } = await road.run(
      'patch',
      'cm',
      'app',
      '--type=merge',
      '-p',
      '{"data":{"mode":"slow-canary"}}',
    );
    const told = (await road.operator.events({ after: -1, limit: 10_000 })).flatMap((line) =>
      'event' in line
        ? [
            {
              ...(JSON.parse(line.event) as { type: string; call: string; data: object }),
              about: line.disclosed?.['about']?.content,
            },
          ]
        : [],
    );
    const own = told.filter((event) => event.call === call.id);
    expect(own.map(({ type }) => type)).toEqual([
      'call.allowed',
      'call.claimed',
      'call.requested',
      'call.started',
      'call.requested',
      'call.succeeded',
    ]);
    expect(own[4]).toMatchObject({
      data: { verb: 'patch', subresource: null, dryRun: false, status: 200, refused: false },
      about: 'write.patch k8s:shop/-/configmaps/app',
    });
    expect(JSON.stringify(own)).not.toContain('slow-canary');
  });
});

here('never 47: a command in a container', () => {
  test('runs after the vote, brings back what it wrote, masked, and is recorded with what went through', async () => {
    road.server.command = (argv) => ({
      stdout: `${argv.join(' ')} p.doe@example.com\n`,
      stderr: 'said\n',
      exitCode: 3,
    });
    const call = await road.submit({ argv: ['exec', 'web', '--', 'cat', '/etc/owner'] });
    expect(call.state).toBe('waiting');
    await road.approve(call);
    await expect(road.execute(call)).resolves.toMatchObject({
      outcome: 'succeeded',
      result: { stdout: 'cat /etc/owner [redacted]\n', exit_code: 3 },
    });
    const told = await road.operator.events({ after: -1, limit: 10_000 });
    const abouts = told.flatMap((line) =>
      'event' in line ? [line.disclosed?.['about']?.content ?? ''] : [],
    );
    expect(abouts.join('\n')).toMatch(
      /^execute k8s:shop\/-\/pods\/web\n\{"sent":\d+,"received":\d+,"bytes":\d+,"digest":"[0-9a-f]{64}"\}$/m,
    );
  });
});

here('never 45: what a rule forbids never reaches the API server', () => {
  test.each([
    [['get', 'secret', 'db', '-o', 'yaml'], 'denied_by_rule'],
    [['delete', 'ns', 'prod'], 'denied_by_rule'],
    [['get', 'pods', '--kubeconfig=/root/.kube/config'], 'not_supported'],
    [['get', '--raw', '/api/v1/secrets'], 'not_supported'],
    [['get', 'pods', '--as=system:admin'], 'not_supported'],
  ])('%j', async (argv, code) => {
    road.reached();
    const call = await road.submit({ argv });
    expect([call.state, call.code]).toEqual(['denied', code]);
    expect(road.reached()).toEqual([]);
  });
});
