/** An agent on a cluster: a real gateway and the real kubectl, a double of an API server, and people by script. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { guardedTool, resumeWhenDecided } from '@countersign/agents';
import { approve, type ScriptedApprover, scriptedApprover, testGateway } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Agent, Runner } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
// With a cluster of your own, its kubeconfig takes the place of this double.
import { type ApiServer, startApiServer } from '../../test/support/kubernetes/api-server.ts';

const path = process.env['PATH'] ?? '';
const here = path.split(delimiter).some((folder) => existsSync(join(folder, 'kubectl')))
  ? describe
  : describe.skip;
const folder = mkdtempSync(join(tmpdir(), 'countersign-example-'));
const runner = new Runner({ tracingDisabled: true });
let server: ApiServer;
let gateway: Awaited<ReturnType<typeof testGateway>>;
let approver: ScriptedApprover;

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [{ name: 'app', image: 'shop:1', env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] }],
      },
    },
  },
};

beforeAll(async () => {
  server = await startApiServer([deployment]);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, server.kubeconfig, { mode: 0o600 });
  approver = scriptedApprover([approve()]);
  gateway = await testGateway({
    config: new URL('countersign.yaml', import.meta.url),
    agent: { name: 'keeper', groups: ['agents'] },
    env: { CLUSTER_KUBECONFIG: kubeconfig },
    approver,
  });
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** An agent whose model runs these lines, one after the other, and then is done. Returns what it was given for each. */
async function play(...lines: readonly string[]): Promise<readonly string[]> {
  const calls = lines.map((line, index) => [
    functionCall(
      'prod_cluster_kubectl',
      { argv: line.split(' ') },
      { callId: `${crypto.randomUUID()}-${index}` },
    ),
  ]);
  const model = new ScriptedModel([...calls, [assistantMessage('Done.')]]);
  const agent = new Agent({
    name: 'Keeper',
    model,
    tools: [guardedTool({ gateway, kubectl: 'prod-cluster' })],
  });
  const paused = await runner.run(agent, 'Look after the shop');
  await resumeWhenDecided(agent, paused, { gateway, resume: (state) => runner.run(agent, state) });
  model.assertComplete();
  const input = model.lastCall?.request.input ?? [];
  const items = typeof input === 'string' ? [] : input;
  return items.flatMap((item) => (item.type === 'function_call_result' ? [textOf(item.output)] : []));
}

function textOf(output: unknown): string {
  if (typeof output === 'string') return output;
  return output !== null && typeof output === 'object' && 'text' in output ? String(output.text) : '';
}

here('an agent on a cluster', () => {
  test('reads what it may, without the values in it, and nobody is asked', async () => {
    const [seen = '', secret = '', elsewhere = ''] = await play(
      'get deploy web -n shop -o yaml',
      'get secret db -n shop -o yaml',
      'get pods -A',
    );
    expect(seen).toContain('name: DB_PASSWORD');
    expect(seen).not.toContain('hunter2');
    expect(secret).toMatch(/^NOT EXECUTED \(denied_by_rule\)/);
    expect(elsewhere).toMatch(/^NOT EXECUTED \(no_rule\)/);
    expect(approver.requests).toEqual([]);
  });

  test('changes something once a person has seen what the API server would keep of it', async () => {
    const [scaled = ''] = await play('scale deploy/web -n shop --replicas=3');
    expect(JSON.parse(scaled)).toMatchObject({ stdout: 'deployment.apps/web scaled\n', exit_code: 0 });
    expect(
      server.store.get({ group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop' }, 'web'),
    ).toMatchObject({
      spec: { replicas: 3 },
    });
    expect(approver.requests[0]?.preview).toMatchObject({
      input: [{ label: 'line', text: 'kubectl scale deploy/web -n shop --replicas=3' }],
      impact: { count: 1, unit: 'objects', how: 'trial' },
    });
    approver.assertComplete();
  });
});
