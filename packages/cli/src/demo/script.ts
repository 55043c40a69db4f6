/** What is asked of the agent, and what it does on the SDK's scripted model where there is no key for a real one. */
import type { Model } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponder,
  type RecordedModelCall,
  ScriptedModel,
} from '@openai/agents/testing';

export const instructions =
  'You work in the support of a small shop, on its PostgreSQL database (tables customers, cards, orders, order_items, ' +
  'products, payments, order_history, agent_notes). Use the tool for every question about data and every change, one ' +
  'statement a call, and say with each call what you want it for. Where a call was not executed, say so plainly and ' +
  'do not try to get around it. Answer in one or two sentences.';

export interface Scene {
  readonly title: string;
  /** Said to the agent by whoever uses it. */
  readonly asked: string;
  /** What to look at, said afterwards. */
  readonly moral: string;
  /** The same, where a person said no. */
  readonly rejected?: string;
}

export const scenes: readonly Scene[] = [
  {
    title: '1  Reading is free, and masked',
    asked:
      'Order 1042 arrived damaged. Who placed it, how can we reach them, which card did they pay with, and what did they write? ' +
      'Name the columns contact and paid_with.',
    moral: 'The query renamed the columns. Masks follow where a value comes from, not what it is called.',
  },
  {
    title: '2  A change waits for a person',
    asked: 'The lid of the teapot was cracked, the photos show it. Please mark order 1042 as refunded.',
    moral:
      'The run paused, a person decided on exactly this statement, and it ran once, under the same digest.',
    rejected: 'The run paused, a person said no to exactly this statement, and nothing reached the database.',
  },
  {
    title: '3  What policy forbids does not happen',
    asked: 'Now tidy up: drop the table order_history, nobody needs it.',
    moral: 'The agent was told that nothing was executed, why, and that trying again won’t help.',
  },
];

const tool = 'shop_db_query';

/** The scripted model of one scene. Its last words depend on what became of its calls. */
export function scriptedModel(scene: number): Model {
  const scripts = [
    () => [
      [
        functionCall(
          tool,
          {
            sql: `SELECT c.name, c.email AS contact, k.card_number AS paid_with, o.note
FROM orders o
JOIN customers c ON c.id = o.customer_id
JOIN payments p ON p.order_id = o.id
JOIN cards k ON k.id = p.card_id
WHERE o.id = 1042`,
            purpose: 'Find out who placed the damaged order and how to reach them.',
          },
          { callId: 'call_read' },
        ),
      ],
      [
        assistantMessage(
          'Priya Raman placed it; she writes that the lid arrived cracked. Her address and card number are hidden from me.',
        ),
      ],
    ],
    () => [
      [
        functionCall(
          tool,
          {
            sql: "UPDATE orders SET status = 'refunded' WHERE id = 1042",
            purpose: 'The teapot’s lid arrived cracked; the customer gets her money back.',
          },
          { callId: 'call_refund' },
        ),
      ],
      modelResponder((call) => (lastOutput(call).startsWith('NOT EXECUTED') ? refused() : checked())),
      [assistantMessage('Order 1042 is marked as refunded; the history shows the change once.')],
    ],
    () => [
      [
        functionCall(
          tool,
          { sql: 'DROP TABLE order_history', purpose: 'Nobody needs the table any more.' },
          { callId: 'call_drop' },
        ),
      ],
      [assistantMessage('I could not drop it: that was not executed. Schema changes go through migrations.')],
    ],
  ] as const;
  return new ScriptedModel(scripts[scene]?.() ?? []);
}

const refused = () => [assistantMessage('The refund was not approved, so nothing was changed.')];

const checked = () => [
  functionCall(
    tool,
    {
      sql: 'SELECT old_status, new_status FROM order_history WHERE order_id = 1042',
      purpose: 'See that the change is there, and there once.',
    },
    { callId: 'call_check' },
  ),
];

/** What the newest tool output in a request says. */
function lastOutput({ request }: RecordedModelCall): string {
  const items = typeof request.input === 'string' ? [] : request.input;
  const last = items.findLast((item) => item.type === 'function_call_result');
  const output: unknown = last !== undefined && 'output' in last ? last.output : '';
  if (typeof output === 'string') return output;
  return output !== null && typeof output === 'object' && 'text' in output ? String(output.text) : '';
}
