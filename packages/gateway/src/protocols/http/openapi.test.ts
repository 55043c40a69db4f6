import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionConfig } from '@countersign/policy';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemRuntime } from '../../runtime/runtime.ts';
import { http } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-openapi-'));
afterAll(() => rmSync(folder, { recursive: true }));

const document = `
openapi: 3.1.0
components: { parameters: { page: { name: page, in: query, schema: { type: integer } } } }
paths:
  /v1/invoices:
    parameters: [{ $ref: '#/components/parameters/page' }]
    get: { operationId: listInvoices, parameters: [{ name: 'filter[status]', in: query }, { name: X-A, in: header }] }
  /v1/invoices/{id}:
    get: { operationId: getInvoice }
    delete: {}
  /v1/invoices/export:
    get: { operationId: exportInvoices, x-countersign-action: secret }
  /v1/search:
    post: { operationId: search, x-countersign-action: read, parameters: [{ name: q, in: query, required: true }] }
  /v1/rotate:
    get: { x-countersign-action: admin }
`;

function connect(text: string) {
  const file = join(folder, 'api.yaml');
  writeFileSync(file, text);
  const settings = { base_url: 'https://api.example', openapi: file };
  return http.connect({ name: 'api', settings } as unknown as ConnectionConfig, systemRuntime);
}
const { signal } = new AbortController();

describe('an operation of the document', () => {
  let target: ReturnType<typeof connect>;
  beforeAll(() => {
    target = connect(document);
  });
  const judge = async (method: string, path: string) => {
    try {
      const { effects } = await target.analyse(target.parse({ method, path }), signal);
      return `${effects[0]?.action} ${effects[0]?.resource}`;
    } catch (thrown) {
      const { code, details } = thrown as { code: string; details: { what?: string } };
      return `${code}: ${details.what}`;
    }
  };

  test.each([
    ['GET', '/v1/invoices?page=2&filter[status]=open', 'read http:/v1/invoices'],
    ['HEAD', '/v1/invoices', 'read http:/v1/invoices'],
    ['GET', '/v1/invoices/42', 'read http:/v1/invoices/42'],
    ['DELETE', '/v1/invoices/42', 'write.delete http:/v1/invoices/42'],
    ['GET', '/v1/invoices/export', 'secret http:/v1/invoices/export'],
    ['GET', '/v1/%69nvoices/exp%6frt', 'secret http:/v1/invoices/export'],
    ['POST', '/v1/search?q=a', 'read http:/v1/search'],
    ['GET', '/v1/rotate', 'admin http:/v1/rotate'],
  ])('%s %s is %s', async (method, path, effect) => {
    expect(await judge(method, path)).toBe(effect);
  });

  test.each([
    ['GET', '/v1/other', 'unknown_object: the API has no GET /v1/other'],
    ['PUT', '/v1/invoices/42', 'unknown_object: the API has no PUT /v1/invoices/42'],
    ['DELETE', '/v1/invoices/export', 'unknown_object: the API has no DELETE /v1/invoices/export'],
    ['GET', '/v1/invoices/42/lines', 'unknown_object: the API has no GET /v1/invoices/42/lines'],
    ['GET', '/v1/__proto__', 'unknown_object: the API has no GET /v1/__proto__'],
    ['GET', '/v1/invoices?pages=2', 'malformed: the query parameter pages'],
    ['GET', '/v1/invoices?X-A=2', 'malformed: the query parameter X-A'],
    ['GET', '/v1/invoices?constructor=2', 'malformed: the query parameter constructor'],
    ['POST', '/v1/search', 'malformed: a query without q'],
  ])('%s %s is denied', async (method, path, refusal) => {
    expect(await judge(method, path)).toBe(refusal);
  });

  test('stands on the card by its name', async () => {
    const input = target.parse({ method: 'POST', path: '/v1/search?q=a' });
    const { words } = await target.preview(input, await target.analyse(input, signal), signal);
    expect(words).toEqual(['reads /v1/search (search)']);
  });
});

test.each([
  ['', 'the openapi file has another form'],
  ['a: [', 'the openapi file is neither JSON nor YAML'],
  ['swagger: "2.0"\npaths: {}', 'the openapi file is no OpenAPI 3 document'],
  ['openapi: 3.1.0', 'the openapi file is no OpenAPI 3 document'],
  ['openapi: 3.1.0\npaths: { v1: {} }', 'the path v1'],
  ['openapi: 3.1.0\npaths: { "/a{b}": {} }', 'the path /a{b}, where a parameter is no whole segment'],
  ['openapi: 3.1.0\npaths: { /a: { $ref: "./b.yaml" } }', 'the path /a'],
  ['openapi: 3.1.0\npaths: { /a: { get: { x-countersign-action: reed } } }', 'x-countersign-action of /a'],
  [
    'openapi: 3.1.0\npaths: { /a: { get: { parameters: [{ $ref: "http://x" }] } } }',
    'a $ref out of the openapi file',
  ],
  ['openapi: 3.1.0\npaths: { /a: { get: {}, get: {} } }', 'the openapi file is neither JSON nor YAML'],
])('%j does not load', (text, what) => {
  expect(() => connect(text)).toThrow(
    expect.objectContaining({ code: 'config_invalid', details: expect.objectContaining({ what }) as object }),
  );
});

test('a file that is not there does not load', () => {
  const settings = { base_url: 'https://api.example', openapi: join(folder, 'nowhere') };
  expect(() => http.connect({ name: 'api', settings } as unknown as ConnectionConfig, systemRuntime)).toThrow(
    expect.objectContaining({ code: 'config_invalid' }),
  );
});
