import { expect, test } from '@jest/globals';
import { gatewayClient } from './gateway-client.ts';
import { type GuardedToolOptions, guardedTool } from './guarded-tool.ts';

const gateway = gatewayClient({ url: 'http://127.0.0.1:9', token: 'cs_agent_x' });

test('a tool is named after its connection, and can be named otherwise', () => {
  expect(guardedTool({ gateway, sql: 'shop-db' }).name).toBe('shop_db_query');
  expect(guardedTool({ gateway, http: 'billing-api' }).name).toBe('billing_api_request');
  expect(guardedTool({ gateway, kubectl: 'prod-cluster' }).name).toBe('prod_cluster_kubectl');
  const named = guardedTool({ gateway, sql: 'shop-db', name: 'orders', description: 'Reads orders.' });
  expect([named.name, named.description]).toEqual(['orders', 'Reads orders.']);
});

test('strict mode takes the parameters: every field is required, and none has limits that it does not know', () => {
  for (const connection of [{ sql: 'a' }, { http: 'a' }, { kubectl: 'a' }] as const) {
    const { parameters, strict } = guardedTool({ gateway, ...connection });
    expect(strict).toBe(true);
    const { required, properties, additionalProperties } = parameters as Record<string, unknown>;
    expect(required).toEqual(Object.keys(properties as object));
    expect(additionalProperties).toBe(false);
    expect(JSON.stringify(parameters)).not.toMatch(/maxLength|minLength|maxItems|minItems|prefixItems/);
  }
});

test.each([
  ['no connection', {}],
  ['two connections', { sql: 'a', http: 'b' }],
  ['an odd name', { sql: 'Shop DB' }],
  ['an empty name', { sql: '' }],
])('%s is an error at once', (_what, connection) => {
  expect(() => guardedTool({ gateway, ...connection } as GuardedToolOptions)).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringMatching('one of sql, http and kubectl'),
    }),
  );
});

test('an option that there is none of is an error at once, and names the nearest', () => {
  expect(() => guardedTool({ gateway, kubctl: 'a' } as unknown as GuardedToolOptions)).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringContaining('guardedTool has no option kubctl (did you mean kubectl?)'),
    }),
  );
});

test('never 42: the tool object has no property that a state would keep, but what the model is told', () => {
  const tool = guardedTool({ gateway, sql: 'shop-db' });
  const kept = Object.keys(JSON.parse(JSON.stringify(tool)) as object).sort();
  expect(kept).toEqual([
    'deferLoading',
    'description',
    'inputGuardrails',
    'name',
    'outputGuardrails',
    'parameters',
    'strict',
    'timeoutBehavior',
    'type',
  ]);
});

test('a client without an address or a token says which is missing', () => {
  const { COUNTERSIGN_URL: url, COUNTERSIGN_TOKEN: token } = process.env;
  delete process.env['COUNTERSIGN_URL'];
  delete process.env['COUNTERSIGN_TOKEN'];
  try {
    expect(() => gatewayClient()).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching('COUNTERSIGN_URL') }),
    );
    expect(() => gatewayClient({ url: 'http://127.0.0.1:9' })).toThrow(
      expect.objectContaining({ message: expect.stringMatching('COUNTERSIGN_TOKEN') }),
    );
    process.env['COUNTERSIGN_URL'] = 'http://127.0.0.1:9';
    process.env['COUNTERSIGN_TOKEN'] = 'cs_agent_x';
    expect(gatewayClient().url).toBe('http://127.0.0.1:9/');
  } finally {
    Object.assign(
      process.env,
      url === undefined ? {} : { COUNTERSIGN_URL: url },
      token === undefined ? {} : { COUNTERSIGN_TOKEN: token },
    );
    if (url === undefined) delete process.env['COUNTERSIGN_URL'];
    if (token === undefined) delete process.env['COUNTERSIGN_TOKEN'];
  }
});
