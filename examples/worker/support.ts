/** The agent, as each process makes it: what parks a run and what goes on with it have the same tools. */
import { type GatewayClient, guardedTool } from '@countersign/agents';
import { Agent, Runner } from '@openai/agents';
import { scriptedModel } from './scripted-model.ts';

const hasKey = process.env['OPENAI_API_KEY'] !== undefined;

export const runner = new Runner({ tracingDisabled: !hasKey });

export function supportAgent(gateway: GatewayClient): Agent {
  return new Agent({
    name: 'Support',
    instructions:
      'You work in the support of a small shop, on its PostgreSQL database. Answer in one sentence.',
    tools: [guardedTool({ gateway, sql: 'shop-db' })],
    ...(hasKey ? {} : { model: scriptedModel() }),
  });
}
