/** An agent on a scripted model that knows its turn by the results it sees, so that any process can go on with its runs. */
import { type GatewayClient, guardedTool } from '@countersign/agents';
import { Agent, type AgentInputItem, Runner } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing';

/** The statements of each of the model's turns. After them it says what it was told of each, by call id. */
export type Turns = readonly (readonly string[])[];

export const runner = new Runner({ tracingDisabled: true });

/** The tools are those given, else the bank's. The model knows its turn by the results it sees, in any process. */
export function agentOf(gateway: GatewayClient, turns: Turns, tools?: Agent['tools']): Agent {
  const say = modelResponder(({ request }) => {
    const told = toldIn(request.input);
    const calls = turns.map((turn, at) =>
      turn.map((sql, index) => functionCall('bank_query', { sql }, { callId: `call_${at}_${index}` })),
    );
    const next = calls.find((turn) => turn.some(({ callId }) => !Object.hasOwn(told, callId)));
    return next ?? [assistantMessage(JSON.stringify(told))];
  });
  const model = new ScriptedModel(Array.from({ length: 10 }, () => say));
  return new Agent({ name: 'Teller', model, tools: tools ?? [guardedTool({ gateway, sql: 'bank' })] });
}

function toldIn(input: string | readonly AgentInputItem[]): Record<string, string> {
  const told: Record<string, string> = {};
  for (const item of typeof input === 'string' ? [] : input) {
    if (item.type !== 'function_call_result') continue;
    const { output } = item;
    told[item.callId] = typeof output === 'object' && 'text' in output ? output.text : JSON.stringify(output);
  }
  return told;
}
