/** A real gateway on a throw-away store, in front of a real database, with tokens to hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client as ApiClient, createClient } from '@countersign/client';
import type { CallView, ExecuteView, MintInput } from '@countersign/core';
import { type Gateway, type GatewayOptions, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { Client } from 'pg';

export const seed = `
create table accounts (id int primary key, owner text not null, balance int not null, email text);
insert into accounts select n, 'owner ' || n, 100, 'p' || n || '@example.com' from generate_series(1, 50) n;
create table notes (id int generated always as identity primary key, body text);
`;

export const rules = `
version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  sam: { groups: [dba, security], accounts: ["local:sam", "local:sam-second"] }
  kim: { groups: [security], accounts: ["local:kim"] }
  olivia: { groups: [dba], accounts: ["local:olivia"] }
connections:
  bank: { protocol: postgres, url: "\${BANK_URL}", labels: { env: production } }
  vault: { protocol: postgres, url: "\${BANK_URL}", labels: { env: production } }
rules:
  - { name: read, actions: [read], then: allow }
  - { name: notes, actions: [write], resources: ["table:public.notes"], then: allow }
  - name: writes
    actions: [write]
    except: { resources: ["table:public.notes"] }
    then: { ask: { approvers: [dba], votes: 1, vote_within: 1h, start_within: 10m } }
  - { name: sleep, actions: [execute], resources: ["function:pg_catalog.pg_sleep(**", "function:pg_catalog.pg_sleep*"], then: allow }
  - { name: no schema, actions: [schema, admin], then: deny, message: Schema changes go through migrations. }
`;

export interface Harness {
  readonly gateway: Gateway;
  readonly url: string;
  readonly databaseUrl: string;
  readonly operator: ApiClient;
  /** Another connection to the target: what really happened there. */
  readonly observer: Client;
  mint(token: MintInput): Promise<{ token: string; client: ApiClient }>;
  agent(name?: string, more?: Partial<MintInput>): Promise<ApiClient>;
  person(name: string): Promise<ApiClient>;
  /** One more gateway on the same store, where that is PostgreSQL. */
  another(): Promise<{
    readonly url: string;
    person(name: string): Promise<ApiClient>;
    close(): Promise<void>;
  }>;
  /** The policy a reload will find. */
  rewrite(text: string): void;
  close(): Promise<void>;
}

/** What a gateway keeps its calls in; the promises hold on each. */
export const stores = ['memory', 'postgres'] as const;

const onSharedStore = (policy: string): string =>
  policy.replace('version: 1\n', 'version: 1\nserver: { store: "${STORE_URL}" }\n');

export async function startHarness(
  options: Partial<GatewayOptions> & {
    readonly policy?: string;
    readonly on?: (typeof stores)[number];
    /** The server of a PostgreSQL store; the target's, where none is given. */
    readonly storeServer?: PostgresServer | null;
    /** What the policy's variables are filled in from, beside the URLs. */
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Harness> {
  const { policy: given = rules, on = 'memory', storeServer, env = {}, ...more } = options;
  const server = await startPostgres();
  const database = await server.createDatabase({ seed });
  const shared = on === 'postgres' ? await (storeServer ?? server).createDatabase() : null;
  const policy = shared === null ? given : onSharedStore(given);
  const keysFolder = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  let text = policy;
  const parse = () =>
    parsePolicyFile(text, {
      file: 'countersign.yaml',
      env: { ...env, BANK_URL: database.url, STORE_URL: shared?.url },
      directory: keysFolder,
    });
  const start = () =>
    startGateway({
      file: parse(),
      load: async () => parse(),
      ...(shared === null ? { store: 'memory' as const } : { keys: join(keysFolder, 'keys') }),
      listen: { host: '127.0.0.1', port: 0 },
      logLevel: 'silent',
      ...more,
    });
  const gateway = await start();
  const observer = new Client({ connectionString: database.url });
  await observer.connect();
  const clientFor = (token: string) => createClient({ url: gateway.url, token });
  const operator = clientFor(gateway.operatorToken ?? '');
  const mint: Harness['mint'] = async (request) => {
    const { token } = await operator.mintToken(request);
    return { token, client: clientFor(token) };
  };
  return {
    gateway,
    url: gateway.url,
    databaseUrl: database.url,
    operator,
    observer,
    mint,
    agent: async (name = 'teller', given = {}) =>
      (await mint({ class: 'agent', name, groups: ['agents'], owner: 'olivia', ...given })).client,
    person: async (name) => (await mint({ class: 'person', name })).client,
    another: async () => {
      const second = await start();
      return {
        url: second.url,
        person: async (name) => {
          const { token } = await operator.mintToken({ class: 'person', name });
          return createClient({ url: second.url, token });
        },
        close: () => second.close(),
      };
    },
    rewrite: (next) => {
      text = shared === null ? next : onSharedStore(next);
    },
    close: async () => {
      await observer.end();
      await gateway.close();
      await server.stop();
      rmSync(keysFolder, { recursive: true });
    },
  };
}

let calls = 0;

/** Submits a SQL text as a new call of a run of its own. */
export function submit(
  client: ApiClient,
  sql: string,
  key: { run?: string; call?: string; purpose?: string } = {},
): Promise<CallView> {
  calls++;
  const { run = `run-${calls}`, call = `call-${calls}`, purpose } = key;
  return client.submitCall({
    connection: 'bank',
    input: { sql },
    run,
    tool: 'bank_query',
    call,
    ...(purpose === undefined ? {} : { purpose }),
  });
}

export function execute(client: ApiClient, call: CallView): Promise<ExecuteView> {
  return client.executeCall(call.id, { input_digest: call.input_digest });
}

/** Votes on the approval of a waiting call, as shown. */
export async function vote(
  person: ApiClient,
  call: CallView,
  how: 'approve' | 'reject' = 'approve',
  reason?: string,
) {
  if (call.approval === null) throw new Error('the call waits for nobody');
  const shown = await person.getApproval(call.approval);
  return person.vote(call.approval, {
    vote: how,
    digest: shown.digest,
    ...(reason === undefined ? {} : { reason }),
  });
}

/** The code an operation is refused with; `none` when it is not. */
export async function refusal(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
    return 'none';
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? String(thrown);
  }
}
