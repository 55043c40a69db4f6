/** The faces of Kubernetes: the tool of an agent, and the command, a line a call. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayClient, guardedTool } from '@countersign/agents';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RunContext } from '@openai/agents';
import { inProcess } from '../cli/in-process.ts';
import { hasKubectl } from './endpoint-road.ts';
import { folderFor, openRoad, policy, type Road } from './road.ts';

let road: Road;
let folder: string;
beforeAll(async () => {
  road = await openRoad();
  folder = folderFor(road.server);
  writeFileSync(join(folder, 'countersign.yaml'), policy());
}, 60_000);
afterAll(async () => {
  await road.close();
  rmSync(folder, { recursive: true });
});
const here = hasKubectl ? test : test.skip;

describe('guardedTool({ kubectl })', () => {
  const invoke = (argv: readonly string[], stdin: string | null = null) => {
    const tool = guardedTool({ gateway: gatewayClient(road.gateway), kubectl: 'prod-cluster' });
    expect(tool.name).toBe('prod_cluster_kubectl');
    return tool.invoke(new RunContext({}), JSON.stringify({ argv, stdin, purpose: 'a test' }));
  };

  here('brings back what kubectl wrote, as JSON', async () => {
    expect(JSON.parse(await invoke(['get', 'pods', '-o', 'name']))).toEqual({
      stdout: 'pod/web\npod/db\n',
      stderr: '',
      exit_code: 0,
      truncated: false,
    });
  });

  test('says in words what was not executed, and what to mend', async () => {
    road.reached();
    expect(await invoke(['delete', 'ns', 'prod'])).toMatch(/^NOT EXECUTED \(denied_by_rule\)\./);
    expect(await invoke(['get', 'pods', '-n', '../x'])).toMatch(
      /^NOT EXECUTED \(malformed\)\..*the namespace "\.\.\/x"/,
    );
    expect(await invoke(['get', 'widgets'])).toMatch(
      /^NOT EXECUTED \(unknown_object\)\..*the kind "widgets"/,
    );
    expect(await invoke(['get', 'pods', '--as=x'])).toMatch(
      /^NOT EXECUTED \(not_supported\)\..*the flag --as/,
    );
    expect(road.reached()).toEqual([]);
  });
});

describe('--jsonl', () => {
  const map = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"lines"}}';
  const lines = [
    { id: '1', argv: ['get', 'pods', '-o', 'name'] },
    { id: '2', argv: ['apply', '-f', '-'], stdin: map },
    { id: '3', argv: ['delete', 'pod', 'web', '-n', 'prod'] },
    { id: '4', argv: ['get', 'secrets'] },
    { id: '5', argv: ['get', 'pods', '--token=x'] },
    { id: '6', argv: 'get pods' },
    { id: '7', sql: 'select 1' },
  ];
  const answered = async (command: string, file = join(folder, 'countersign.yaml')) => {
    const { stdout } = await inProcess(
      [command, 'prod-cluster', '--jsonl', '-c', file, '--as', 'agent:teller', '--group', 'agents'],
      { stdin: lines.map((line) => `${JSON.stringify(line)}\n`).join('') },
    );
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test('explain judges every line without kubectl, without a cluster and without its kubeconfig', async () => {
    const alone = mkdtempSync(join(tmpdir(), 'countersign-kubernetes-'));
    cpSync(join(folder, 'countersign.yaml'), join(alone, 'countersign.yaml'));
    const answers = await answered('explain', join(alone, 'countersign.yaml'));
    rmSync(alone, { recursive: true });
    expect(answers.map(({ id, decision, code }) => [id, decision, code])).toEqual([
      ['1', 'allow', 'allowed'],
      ['2', 'ask', 'needs_approval'],
      ['3', 'ask', 'needs_approval'],
      ['4', 'deny', 'denied_by_rule'],
      ['5', 'deny', 'not_supported'],
      [null, 'deny', 'malformed'],
      ['7', 'deny', 'wrong_protocol'],
    ]);
    expect(answers[0]?.['effects']).toEqual([{ action: 'read', resource: 'k8s:default/-/pods/*' }]);
    expect(answers[2]?.['effects']).toEqual([{ action: 'write.delete', resource: 'k8s:prod/-/pods/web' }]);
  });

  here('run brings back stdout, stderr and the exit code', async () => {
    road.reached();
    const answers = await answered('run');
    expect(answers.map(({ outcome }) => outcome)).toEqual([
      'succeeded',
      'succeeded',
      ...Array<string>(5).fill('not_executed'),
    ]);
    expect(answers[1]?.['result']).toEqual({
      stdout: 'configmap/lines created\n',
      stderr: '',
      exit_code: 0,
      truncated: false,
    });
    expect(road.reached().filter((one) => !one.startsWith('GET'))).toEqual([
      'POST /api/v1/namespaces/shop/configmaps',
    ]);
  });
});

test('policy test decides lines, without a cluster', async () => {
  const cases = `cases:
  - { as: agent:a, connection: prod-cluster, argv: [get, pods, -A], expect: allow }
  - { as: agent:a, connection: prod-cluster, argv: [delete, pod, web], expect: { decision: ask, approvers: [ops] } }
  - { as: agent:a, connection: prod-cluster, argv: [apply, -f, "-"], stdin: '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x"}}', expect: { decision: deny, code: denied_by_rule } }
  - { as: agent:a, connection: prod-cluster, argv: [edit, pod, web], expect: { decision: deny, code: not_supported } }
`;
  writeFileSync(join(folder, 'countersign.test.yaml'), cases);
  const { code, stdout, stderr } = await inProcess(['policy', 'test'], { cwd: folder });
  expect([code, stdout.match(/✓/g)?.length, stderr]).toEqual([0, 4, '4 cases, all hold\n']);
});

test('where kubectl is missing, that is said at the start, by doctor, and to who calls; and lines are still judged', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nowhere';
  const lines: string[] = [];
  const log = {
    info: () => undefined,
    error: () => undefined,
    warn: (_: object, line: string) => lines.push(line),
  };
  try {
    const without = await openRoad(policy(), { log });
    expect(lines).toEqual(['nothing can run on this connection: kubectl is not on the PATH of the gateway']);
    const call = await without.submit({ argv: ['get', 'pods'] });
    expect(call.state).toBe('allowed');
    await expect(without.execute(call)).resolves.toMatchObject({
      outcome: 'failed',
      call: { code: 'not_supported' },
      error: { ran: 'no' },
    });
    // Nobody is asked for what can't run.
    const asked = await without.submit({ argv: ['delete', 'pod', 'web'] });
    expect([asked.state, asked.code]).toEqual(['denied', 'not_supported']);
    await without.close();
    const { stdout } = await inProcess(['doctor', '--json'], { cwd: folder });
    expect(stdout).toContain('kubectl is not on the PATH of the gateway');
  } finally {
    process.env['PATH'] = path;
  }
});
