/** How an application tests its agent: a real gateway and a real database in the test's process, and people by script. */
import { guardedTool, resumeWhenDecided } from '@countersign/agents';
import { approve, reject, type ScriptedApprover, scriptedApprover, testGateway } from '@countersign/testing';
import { expect, test } from '@jest/globals';
import { Agent, Runner } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';

const runner = new Runner({ tracingDisabled: true });

const start = (approver: ScriptedApprover) =>
  testGateway({
    config: new URL('countersign.yaml', import.meta.url),
    agent: { name: 'support', groups: ['agents'] },
    databases: { 'shop-db': { seed: 'shop.sql' } },
    approver,
  });

type Gateway = Awaited<ReturnType<typeof start>>;

/** An agent whose model makes these calls, one after the other, and then is done. Returns what it was given for each. */
async function play(gateway: Gateway, ...statements: readonly string[]): Promise<readonly string[]> {
  const calls = statements.map((sql, index) => [
    functionCall('shop_db_query', { sql }, { callId: `c${index}` }),
  ]);
  const model = new ScriptedModel([...calls, [assistantMessage('Done.')]]);
  const agent = new Agent({ name: 'Support', model, tools: [guardedTool({ gateway, sql: 'shop-db' })] });
  const paused = await runner.run(agent, 'Refund order 1042');
  await resumeWhenDecided(agent, paused, { gateway, resume: (state) => runner.run(agent, state) });
  model.assertComplete();
  const input = model.lastCall?.request.input ?? [];
  const items = typeof input === 'string' ? [] : input;
  return items.flatMap((item) => (item.type === 'function_call_result' ? [textOf(item.output)] : []));
}

function textOf(output: unknown): string {
  if (typeof output === 'string') return output;
  return output !== null && typeof output === 'object' && 'text' in output ? String(output.text) : '';
}

const refund = "UPDATE orders SET status = 'refunded' WHERE id = 1042";
const status = 'SELECT status FROM orders WHERE id = 1042';

test('reads are masked, notes are free, the schema is nobody’s business, and nobody is asked', async () => {
  const approver = scriptedApprover();
  await using gateway = await start(approver);
  const [customer = '', noted = '', dropped = ''] = await play(
    gateway,
    `SELECT c.name, c.email AS contact, k.card_number || '' AS paid_with
     FROM customers c JOIN cards k ON k.customer_id = c.id WHERE c.id = 1`,
    "INSERT INTO agent_notes (order_id, note) VALUES (1042, 'Asked for photos of the lid.')",
    'DROP TABLE order_history',
  );
  expect(customer).toContain('Priya Raman');
  expect(customer).not.toContain('priya.raman@example.com');
  expect(customer).not.toContain('4242');
  expect(JSON.parse(noted)).toMatchObject({ affected: 1 });
  expect(dropped).toContain('Schema changes go through migrations.');
  approver.assertComplete();
});

test('a refund waits for a dba, and happens once', async () => {
  const approver = scriptedApprover([approve()]);
  await using gateway = await start(approver);
  const [changed = '', after = ''] = await play(gateway, refund, status);
  expect(JSON.parse(changed)).toMatchObject({ affected: 1 });
  expect(JSON.parse(after)).toMatchObject({ rows: [['refunded']] });
  approver.assertComplete();
  expect(approver.requests[0]?.preview.input).toEqual([{ label: 'statement', text: refund }]);
  expect((await gateway.calls())[0]?.states).toEqual([
    'submitted',
    'waiting',
    'approved',
    'claimed',
    'succeeded',
  ]);
});

test('a refund that is rejected does not happen, and the agent reads why', async () => {
  const approver = scriptedApprover([reject('Photos first, please.')]);
  await using gateway = await start(approver);
  const [refused = '', after = ''] = await play(gateway, refund, status);
  expect(refused).toContain('NOT EXECUTED (rejected)');
  expect(refused).toContain('Photos first, please.');
  expect(JSON.parse(after)).toMatchObject({ rows: [['delivered']] });
  approver.assertComplete();
});
