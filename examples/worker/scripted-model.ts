/** Stands in for a model where there is no key for one: it refunds the order it is asked about, and says what came of it. */
import type { AgentInputItem, Model } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing';

export function scriptedModel(): Model {
  const turn = modelResponder(({ request }) => {
    const items: readonly AgentInputItem[] =
      typeof request.input === 'string' ? [{ role: 'user', content: request.input }] : request.input;
    const order = /\d+/.exec(JSON.stringify(items[0]))?.[0] ?? '0';
    const result = JSON.stringify(items.find(({ type }) => type === 'function_call_result') ?? '');
    if (result === '""')
      return [
        functionCall(
          'shop_db_query',
          {
            sql: `UPDATE orders SET status = 'refunded' WHERE id = ${order}`,
            purpose: 'The customer asked for a refund.',
          },
          { callId: `refund_${order}` },
        ),
      ];
    const done = result.includes('affected') && !result.includes('NOT EXECUTED');
    return [assistantMessage(done ? `Order ${order} is refunded.` : `Order ${order} could not be refunded.`)];
  });
  return new ScriptedModel([turn, turn, turn]);
}
