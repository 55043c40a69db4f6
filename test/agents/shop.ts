/** A real gateway before a real shop, an agent of the SDK on a scripted model, and an observer that asks the database. */
import { type GatewayClient, guardedTool } from '@countersign/agents';
import { type ScriptedApprover, scriptedApprover, type TestGateway, testGateway } from '@countersign/testing';
import { Agent, Runner } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  ScriptedModel,
  type ScriptedModelInput,
} from '@openai/agents/testing';
import { Client } from 'pg';

export interface Shop extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly approver: ScriptedApprover;
  /** Makes a paid order that no other test touches. */
  newOrder(): Promise<number>;
  /** What the database itself says. */
  statusOf(order: number): Promise<string | undefined>;
  query(sql: string, params?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

export async function openShop(): Promise<Shop> {
  const approver = scriptedApprover();
  const gateway = await testGateway({
    config: new URL('countersign.yaml', import.meta.url),
    agent: { name: 'support', groups: ['agents'] },
    databases: { 'shop-db': { seed: 'shop.sql' } },
    approver,
  });
  const observer = new Client({ connectionString: gateway.databases.get('shop-db')?.url });
  // Closing drops the database under it.
  observer.on('error', () => {});
  await observer.connect();
  let last = 5000;
  const query: Shop['query'] = async (sql, params = []) =>
    (await observer.query<Record<string, unknown>>(sql, [...params])).rows;
  return {
    gateway,
    approver,
    query,
    newOrder: async () => {
      await query("insert into orders values ($1, 1, 'paid')", [++last]);
      return last;
    },
    statusOf: async (order) =>
      (await query('select status from orders where id = $1', [order]))[0]?.['status'] as string | undefined,
    [Symbol.asyncDispose]: async () => {
      await observer.end();
      await gateway.close();
    },
  };
}

export const runner = new Runner({ tracingDisabled: true });

let calls = 0;
/** A call of the model's to the shop's tool, with a call id of its own unless one is given. */
export function query(sql: string, callId = `call_${++calls}`, extra: { namespace?: string } = {}) {
  return functionCall('shop_db_query', { sql, params: null, purpose: null }, { callId, ...extra });
}

export const refund = (order: number) => `update orders set status = 'refunded' where id = ${order}`;
export const say = (text: string) => [assistantMessage(text)];

/** An agent whose model makes these turns; it holds the shop's tool unless other tools are given. */
export function agentOf(
  { gateway }: { readonly gateway: GatewayClient },
  turns: readonly ScriptedModelInput[],
  more: Partial<ConstructorParameters<typeof Agent>[0]> = {},
) {
  const model = new ScriptedModel(turns);
  const agent = new Agent({
    name: 'Support',
    model,
    tools: [guardedTool({ gateway, sql: 'shop-db' })],
    ...more,
  });
  return { agent, model };
}

/** What the model was told of its calls, by call id, from the last request it got. */
export function toldTo(model: ScriptedModel): ReadonlyMap<string, string> {
  const input = model.lastCall?.request.input;
  const told = new Map<string, string>();
  for (const item of Array.isArray(input) ? input : []) {
    if (item.type !== 'function_call_result') continue;
    const { output } = item;
    told.set(
      item.callId,
      typeof output === 'object' && 'text' in output ? output.text : JSON.stringify(output),
    );
  }
  return told;
}
