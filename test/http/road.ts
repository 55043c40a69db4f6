/** A gateway in front of a server that keeps a log, with an agent and people to hand. */
import { type Client, createClient } from '@countersign/client';
import type { ApprovalView, CallView, ExecuteView, HttpInput, HttpResult } from '@countersign/core';
import { type Explainer, type GatewayOptions, openExplainer, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { startTarget, type TargetServer } from './target.ts';

/** The credential that must never be seen by an agent. */
export const credential = 'c0unter-s1gn-t0ken-of-billing';

/** @param connection More keys of the connection. @param more More of the file. */
export const policy = (connection = '', more = '') => `version: 1
people:
  dana: { groups: [ops], accounts: ["local:dana"] }
  olivia: { groups: [ops], accounts: ["local:olivia"] }
connections:
  billing-api:
    protocol: http
    base_url: "\${TARGET_URL}"
    allow_addresses: [127.0.0.0/8]
    throwaway: true
    ${connection || 'auth: { bearer: "${TOKEN}" }'}
rules:
  - { name: read, actions: [read], then: allow }
  - { name: notes are free, actions: [write], resources: ["http:/v1/notes", "http:/v1/notes/**"], then: allow }
  - { name: writes, actions: [write], except: { resources: ["http:/v1/notes", "http:/v1/notes/**"] }, then: { ask: { approvers: [ops] } } }
  - { name: no admin, resources: ["http:/v1/admin", "http:/v1/admin/**"], then: deny }
${more}`;

export interface Road {
  readonly target: TargetServer;
  /** The gateway's address, and the agent's token. */
  readonly gateway: { readonly url: string; readonly token: string };
  readonly agent: Client;
  readonly operator: Client;
  /** Submits a call, each of a run of its own unless one is named. */
  submit(input: HttpInput, run?: string): Promise<CallView>;
  execute(call: CallView): Promise<ExecuteView>;
  /** Submits and executes. */
  run(input: HttpInput): Promise<ExecuteView>;
  /** The result of a call that has to succeed. */
  result(input: HttpInput): Promise<HttpResult>;
  card(call: CallView): Promise<ApprovalView>;
  approve(call: CallView): Promise<unknown>;
  close(): Promise<void>;
}

/** Explains calls by a policy, without a server that could answer. */
export const explaining = (text = policy()): Explainer => openExplainer(load(text, 'http://api.invalid'));

/** @param directory Where files are that it names. */
export const load = (
  text: string,
  target: string,
  env: Readonly<Record<string, string>> = {},
  directory = import.meta.dirname,
) =>
  parsePolicyFile(text, {
    file: 'countersign.yaml',
    env: { TARGET_URL: target, TOKEN: credential, ...env },
    directory,
  });

export async function openRoad(
  text = policy(),
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly gateway?: Partial<GatewayOptions>;
  } = {},
): Promise<Road> {
  const target = await startTarget();
  const file = load(text, target.url, options.env);
  const gateway = await startGateway({
    file,
    store: 'memory',
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
    ...options.gateway,
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
    const key = { run: run ?? `run-${calls}`, tool: 'billing_api_request', call: `call-${calls}` };
    return agent.submitCall({ connection: 'billing-api', input, ...key });
  };
  const execute: Road['execute'] = (call) => agent.executeCall(call.id, { input_digest: call.input_digest });
  const run: Road['run'] = async (input) => execute(await submit(input));
  const card: Road['card'] = (call) => dana.getApproval(call.approval ?? ('' as never));
  return {
    target,
    gateway: { url: gateway.url, token },
    agent,
    operator,
    submit,
    execute,
    run,
    result: async (input) => {
      const { outcome, result, call } = await run(input);
      if (outcome !== 'succeeded' || result === null || !('status' in result)) throw new Error(call.reason);
      return result;
    },
    card,
    approve: async (call) => {
      const { digest } = await card(call);
      return dana.vote(call.approval ?? ('' as never), { vote: 'approve', digest });
    },
    close: async () => {
      await gateway.close();
      await target.close();
    },
  };
}
