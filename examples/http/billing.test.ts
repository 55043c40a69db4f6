/** An agent on an HTTP API: a real gateway and a real server in the test's process, and people by script. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guardedTool, resumeWhenDecided } from '@countersign/agents';
import { approve, type ScriptedApprover, scriptedApprover, testGateway } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Agent, Runner } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { type Invoice, someInvoices, startBilling } from './billing-server.ts';

const token = 'the-token-of-the-billing-api';
const runner = new Runner({ tracingDisabled: true });
let invoices: Map<number, Invoice>;
let server: Server;
let gateway: Awaited<ReturnType<typeof testGateway>>;
let approver: ScriptedApprover;

beforeAll(async () => {
  invoices = someInvoices();
  server = await startBilling(token, invoices);
  approver = scriptedApprover([
    approve(),
    // Somebody else is faster than the person who is asked.
    () => {
      invoices.set(1043, { ...(invoices.get(1043) as Invoice), status: 'paid', version: 2 });
      return approve();
    },
  ]);
  gateway = await testGateway({
    config: new URL('countersign.yaml', import.meta.url),
    agent: { name: 'support', groups: ['agents'] },
    env: { BILLING_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, BILLING_TOKEN: token },
    approver,
  });
});
afterAll(async () => {
  await gateway.close();
  server.closeAllConnections();
  server.close();
});

/** An agent whose model makes these requests, one after the other, and then is done. Returns what it was given for each. */
async function play(...requests: readonly Record<string, unknown>[]): Promise<readonly string[]> {
  const calls = requests.map((request, index) => [
    functionCall('billing_api_request', request, { callId: `${crypto.randomUUID()}-${index}` }),
  ]);
  const model = new ScriptedModel([...calls, [assistantMessage('Done.')]]);
  const agent = new Agent({ name: 'Support', model, tools: [guardedTool({ gateway, http: 'billing-api' })] });
  const paused = await runner.run(agent, 'Void invoice 1042');
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

test('reads are masked, deletions and what the API does not know are refused, and nobody is asked', async () => {
  const [invoice = '', found = '', deleted = '', cheaper = ''] = await play(
    { method: 'GET', path: '/v1/invoices/1042' },
    { method: 'POST', path: '/v1/invoices/search', body: '{"customer":"Priya"}' },
    { method: 'DELETE', path: '/v1/invoices/1042' },
    { method: 'PATCH', path: '/v1/invoices/1042', body: '{"total":0}' },
  );
  for (const seen of [invoice, found]) {
    expect(seen).toContain('Priya Raman');
    expect(seen).toContain('••••2957');
    expect(seen).not.toMatch(/CH93|priya@/);
  }
  expect(deleted).toContain('Void the invoice instead.');
  expect(cheaper).toMatch(/^NOT EXECUTED \(malformed\)\..*total in the body/);
  expect(invoices.get(1042)).toMatchObject({ total: 120, status: 'open' });
  expect(approver.requests).toEqual([]);
});

test('a change waits for someone who sees the difference, and is sent for the version that was shown', async () => {
  const [changed = ''] = await play({
    method: 'PATCH',
    path: '/v1/invoices/1042',
    body: '{"status":"void"}',
  });
  expect(JSON.parse(changed)).toMatchObject({ status: 200 });
  expect(invoices.get(1042)).toMatchObject({ status: 'void', version: 2 });
  expect(approver.requests[0]?.preview).toMatchObject({
    words: ['changes /v1/invoices/1042 (changeInvoice)'],
    sample: [{ columns: ['status'], rows: [{ before: ['"open"'], after: ['"void"'] }] }],
  });
});

test('what became another before it was sent is not changed', async () => {
  const [late = ''] = await play({ method: 'PATCH', path: '/v1/invoices/1043', body: '{"status":"void"}' });
  expect(late).toContain('effect_drift');
  expect(invoices.get(1043)).toMatchObject({ status: 'paid', version: 2 });
  approver.assertComplete();
});
