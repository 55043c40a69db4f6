/**
 * What the console is tried in: a shop's database, a gateway that can be ended and started again where it was, an agent of
 * the SDK on a scripted model, and people with browsers of their own.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayClient, guardedTool, resumeWhenDecided } from '@countersign/agents';
import { createClient } from '@countersign/client';
import { consoleFiles } from '@countersign/console';
import type { CallView, StopId } from '@countersign/core';
import { type Gateway, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { startPostgres } from '@countersign/testing';
import { Agent, Runner } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { Client } from 'pg';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { toldTo } from '../agents/shop.ts';
import { startProvider } from '../identity/provider.ts';

const shop = new URL('../../examples/shop/', import.meta.url);

const policy = `
version: 1
server: { store: "\${STORE_URL}" }
people:
  dana: { groups: [dba], accounts: ["local:dana", "oidc:ISSUER#dana"] }
  sam: { groups: [dba], accounts: ["local:sam"] }
  ruth: { groups: [audit], accounts: ["local:ruth"] }
  otto: { groups: [ops], accounts: ["local:otto"] }
  olivia: { groups: [support], accounts: ["local:olivia"] }
identity:
  roles: { auditor: [audit], operator: [ops] }
  issuers:
    company: { issuer: ISSUER, sign_in: { client_id: console, client_secret: "\${CLIENT_SECRET}" } }
connections:
  shop-db:
    protocol: postgres
    url: "\${SHOP_DB_URL}"
    labels: { env: production }
    preview: trial
    trial_timeout: 5s
    undone_by_rollback: ["public.record_status_change()"]
rules:
  - { name: agents read, who: { groups: [agents] }, actions: [read], then: allow }
  - name: writes need a dba
    who: { groups: [agents] }
    actions: [write]
    resources: ["table:public.products"]
    then: { ask: { approvers: [dba], vote_within: 1h, start_within: 10m } }
  - name: refunds need a dba
    who: { groups: [agents] }
    actions: [write]
    resources: ["table:public.orders"]
    then: { ask: { approvers: [dba], vote_within: 1h, start_within: 10m, bind: counts } }
  - { name: the trigger, actions: [execute], resources: ["function:public.record_status_change()"], then: allow }
  - name: items are decided quickly
    actions: [write]
    resources: ["table:public.order_items"]
    then: { ask: { approvers: [dba], vote_within: 3s } }
  - { name: schema is not for agents, actions: [schema, admin], then: deny, message: Schema changes go through migrations. }
masks:
  - { columns: [public.customers.email, "*.*.card_number"], with: redact }
`;

/** The two widths at which everything has to work. */
export const widths = {
  desktop: { width: 1280, height: 860 },
  phone: { width: 390, height: 844 },
} as const;
export type Width = keyof typeof widths;

export interface World extends AsyncDisposable {
  readonly url: string;
  /** Another connection to the shop: what really happened there. */
  readonly observer: Client;
  /** Sends a call as the agent, without the SDK. */
  submit(
    sql: string,
    more?: { readonly run?: string; readonly purpose?: string; readonly tool?: string },
  ): Promise<CallView>;
  /** A run of an agent that makes this one call, then says what it was told; ends when people decided. */
  agentRuns(sql: string): Promise<string>;
  /** A browser of somebody, on no page yet. */
  opened(person: string, width?: Width, scheme?: 'light' | 'dark'): Promise<Page>;
  /** The same, who signed in by a link and is on the inbox. */
  signedIn(person: string, width?: Width, scheme?: 'light' | 'dark'): Promise<Page>;
  stop(): Promise<StopId>;
  lift(stop: StopId): Promise<void>;
  /** Ends the gateway and does something, then starts one at the same address. */
  without(work: () => Promise<void>): Promise<void>;
  /** What the pages said on their consoles, and their faults: nothing is expected. */
  readonly complaints: readonly string[];
}

export async function openWorld(browser: Browser): Promise<World> {
  const server = await startPostgres();
  const target = await server.createDatabase({ seed: await readFile(new URL('shop.sql', shop), 'utf8') });
  const store = await server.createDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'countersign-console-'));
  const port = await freePort();
  const provider = await startProvider(() => [`http://127.0.0.1:${port}/auth/callback/company`]);
  const file = () =>
    parsePolicyFile(policy.replaceAll('ISSUER', provider.issuer), {
      file: 'countersign.yaml',
      directory: folder,
      env: { SHOP_DB_URL: target.url, STORE_URL: store.url, CLIENT_SECRET: 's'.repeat(32) },
    });
  const start = (): Promise<Gateway> =>
    startGateway({
      file: file(),
      keys: join(folder, 'keys'),
      listen: { host: '127.0.0.1', port },
      logLevel: 'silent',
      console: consoleFiles,
      signInLinks: true,
    });
  let gateway = await start();
  const { url } = gateway;
  const operator = () => createClient({ url, token: gateway.operatorToken ?? '' });
  const { token } = await operator().mintToken({
    class: 'agent',
    name: 'support',
    groups: ['agents'],
    owner: 'olivia',
  });
  const agent = createClient({ url, token });
  const observer = new Client({ connectionString: target.url });
  await observer.connect();
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];
  let calls = 0;
  const open = async (person: string, width: Width = 'desktop', scheme: 'light' | 'dark' = 'light') => {
    const context = await browser.newContext({
      viewport: widths[width],
      colorScheme: scheme,
      hasTouch: width === 'phone',
    });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        complaints.push(`${person}: ${message.text()}`);
    });
    page.on('pageerror', (fault) => complaints.push(`${person}: ${fault.message}`));
    page.on('dialog', (dialog) => {
      complaints.push(`${person}: a dialog, ${dialog.message()}`);
      void dialog.dismiss();
    });
    return page;
  };
  return {
    url,
    observer,
    complaints,
    submit: (sql, { run = 'run-1042', purpose, tool = 'shop_db_query' } = {}) =>
      agent.submitCall({
        connection: 'shop-db',
        input: { sql },
        run,
        tool,
        call: `call_${++calls}`,
        ...(purpose === undefined ? {} : { purpose }),
      }),
    agentRuns: async (sql) => {
      const mine = gatewayClient({ url, token });
      const callId = `sdk_${++calls}`;
      const input = { sql, params: null, purpose: 'The supplier raised the prices of both.' };
      const model = new ScriptedModel([
        [functionCall('shop_db_query', input, { callId })],
        [assistantMessage('Done.')],
      ]);
      const one = new Agent({
        name: 'Support',
        model,
        tools: [guardedTool({ gateway: mine, sql: 'shop-db' })],
      });
      const runner = new Runner({ tracingDisabled: true });
      await resumeWhenDecided(one, await runner.run(one, 'Please do it'), {
        gateway: mine,
        resume: (state) => runner.run(one, state),
      });
      return toldTo(model).get(callId) ?? '';
    },
    opened: open,
    signedIn: async (person, width = 'desktop', scheme = 'light') => {
      const page = await open(person, width, scheme);
      await page.goto(gateway.signInLink(`local:${person}`));
      await page.waitForURL('**/console');
      await page.waitForSelector('nav');
      return page;
    },
    stop: async () => (await operator().createStop({ scope: { kind: 'all' }, reason: 'A drill.' })).id,
    lift: async (stop) => {
      await operator().liftStop(stop);
    },
    without: async (work) => {
      await gateway.close();
      await work();
      gateway = await start();
    },
    [Symbol.asyncDispose]: async () => {
      for (const context of contexts) await context.close();
      await observer.end();
      await gateway.close();
      await provider.close();
      await target.drop();
      await store.drop();
      await rm(folder, { recursive: true, force: true });
      await server.stop();
    },
  };
}

/** The provider has to know where it leads back to before there is a gateway. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
