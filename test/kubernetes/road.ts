/** A gateway in front of a double of an API server, which keeps a log, with an agent and people to hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@countersign/client';
import type { ApprovalView, CallView, ExecuteView, KubectlInput, KubectlResult } from '@countersign/core';
import { type GatewayOptions, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import type { StoredObject } from '../support/kubernetes/store.ts';

/** @param connection More keys of the connection. @param more More of the file. */
export const policy = (connection = '', more = '') => `version: 1
people:
  dana: { groups: [ops], accounts: ["local:dana"] }
  olivia: { groups: [ops], accounts: ["local:olivia"] }
connections:
  prod-cluster:
    protocol: kubernetes
    kubeconfig: kubeconfig
    throwaway: true
    ${connection}
rules:
  - { name: reads, actions: [read], then: allow }
  - { name: maps are free, actions: [write], resources: ["k8s:shop/-/configmaps/*"], then: allow }
  - { name: writes, actions: [write, execute], except: { resources: ["k8s:shop/-/configmaps/*"] }, then: { ask: { approvers: [ops] } } }
  - { name: not for agents, actions: [admin, secret], then: deny }
${more}`;

const pod = (name: string, namespace = 'shop'): StoredObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: { containers: [{ name: 'app', image: 'nginx:1' }] },
});

/** What there is at the start. */
export const objects: readonly StoredObject[] = [
  ...['shop', 'prod'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  pod('web'),
  pod('db'),
  pod('web', 'prod'),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'app', image: 'nginx:1' }] } } },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'app', namespace: 'shop' },
    data: { owner: 'p.doe@example.com', mode: 'fast' },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'shop' },
    type: 'Opaque',
    data: { password: Buffer.from('hunter2!canary').toString('base64') },
  },
];

export interface Road {
  readonly server: ApiServer;
  /** The gateway's address, and the agent's token. */
  readonly gateway: { readonly url: string; readonly token: string };
  readonly agent: Client;
  readonly operator: Client;
  submit(input: KubectlInput, run?: string): Promise<CallView>;
  execute(call: CallView): Promise<ExecuteView>;
  /** Submits and executes. */
  run(...argv: string[]): Promise<ExecuteView>;
  /** The result of a call that has to succeed. */
  result(input: KubectlInput): Promise<KubectlResult>;
  card(call: CallView): Promise<ApprovalView>;
  approve(call: CallView): Promise<unknown>;
  /** Method and path of what reached the API server since the last look. */
  reached(): readonly string[];
  close(): Promise<void>;
}

/** A folder with the policy's kubeconfig in it, whose context says `shop`. */
export function folderFor(server: Pick<ApiServer, 'kubeconfig'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-kubernetes-'));
  const config = JSON.parse(server.kubeconfig) as { contexts: [{ context: { namespace?: string } }] };
  config.contexts[0].context.namespace = 'shop';
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config), { mode: 0o600 });
  return folder;
}

export async function openRoad(text = policy(), options: Partial<GatewayOptions> = {}): Promise<Road> {
  const server = await startApiServer(objects);
  const folder = folderFor(server);
  const file = parsePolicyFile(text, { file: 'countersign.yaml', env: {}, directory: folder });
  const gateway = await startGateway({
    file,
    store: 'memory',
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
    ...options,
  });
  const clientOf = (token: string) => createClient({ url: gateway.url, token });
  const operator = clientOf(gateway.operatorToken ?? '');
  const minted = async (request: Parameters<Client['mintToken']>[0]) =>
    (await operator.mintToken(request)).token;
  const token = await minted({ class: 'agent', name: 'teller', groups: ['agents'], owner: 'olivia' });
  const agent = clientOf(token);
  const dana = clientOf(await minted({ class: 'person', name: 'dana' }));
  let calls = 0;

  const submit: Road['submit'] = (input, run) => {
    calls++;
    const key = { run: run ?? `run-${calls}`, tool: 'prod_cluster_kubectl', call: `call-${calls}` };
    return agent.submitCall({ connection: 'prod-cluster', input, ...key });
  };
  const execute: Road['execute'] = (call) => agent.executeCall(call.id, { input_digest: call.input_digest });
  const card: Road['card'] = (call) => dana.getApproval(call.approval ?? ('' as never));
  return {
    server,
    gateway: { url: gateway.url, token },
    agent,
    operator,
    submit,
    execute,
    run: async (...argv) => execute(await submit({ argv })),
    result: async (input) => {
      const { outcome, result, call } = await execute(await submit(input));
      if (outcome !== 'succeeded' || result === null || !('exit_code' in result))
        throw new Error(call.reason);
      return result;
    },
    card,
    approve: async (call) => {
      const { digest } = await card(call);
      return dana.vote(call.approval ?? ('' as never), { vote: 'approve', digest });
    },
    reached: () => server.taken().map(({ method, url }) => `${method} ${url.split('?')[0]}`),
    close: async () => {
      await gateway.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
