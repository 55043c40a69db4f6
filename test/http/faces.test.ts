/** The faces of HTTP: the tool of an agent, and the command, a line a call. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayClient, guardedTool } from '@countersign/agents';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RunContext } from '@openai/agents';
import { inProcess } from '../cli/in-process.ts';
import { credential, openRoad, policy, type Road } from './road.ts';
import { json } from './target.ts';

let road: Road;
beforeAll(async () => {
  road = await openRoad();
}, 60_000);
afterAll(() => road.close());

describe('guardedTool({ http })', () => {
  const invoke = (input: object) => {
    const tool = guardedTool({ gateway: gatewayClient(road.gateway), http: 'billing-api' });
    return tool.invoke(new RunContext({}), JSON.stringify({ ...input, purpose: 'a test' }));
  };

  test('brings back the answer as JSON', async () => {
    road.target.answer(json({ total: 20 }));
    const said = await invoke({ method: 'GET', path: '/v1/invoices/42', headers: null, body: null });
    expect(JSON.parse(said)).toMatchObject({ status: 200, body: '{"total":20}', truncated: false });
    expect(road.target.taken()).toHaveLength(1);
  });

  test('says in words what was not executed, and what to mend', async () => {
    const denied = await invoke({ method: 'GET', path: '/v1/admin', headers: null, body: null });
    expect(denied).toMatch(/^NOT EXECUTED \(denied_by_rule\)\./);
    const malformed = await invoke({ method: 'GET', path: '/v1/../admin', headers: null, body: null });
    expect(malformed).toMatch(/^NOT EXECUTED \(malformed\)\..*a segment of dots/);
    expect(road.target.taken()).toEqual([]);
  });
});

describe('--jsonl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-http-'));
  const file = join(folder, 'countersign.yaml');
  beforeAll(() => writeFileSync(file, policy()));
  afterAll(() => rmSync(folder, { recursive: true }));

  const lines = [
    { id: '1', method: 'GET', path: '/v1/x', headers: [['accept', 'text/plain']] },
    { id: '2', method: 'POST', path: '/v1/notes', body: '{"a":1}' },
    { id: '3', method: 'DELETE', path: '/v1/invoices/42' },
    { id: '4', method: 'GET', path: '/v1/../admin' },
    { id: '5', method: 'GET', path: '/v1/x', headers: [['Host', 'evil.example']] },
    { id: '6', method: 'GET' },
    { id: '7', sql: 'select 1' },
    { id: '8', method: 'POST', path: '/v1/notes', body: '{"a":1}' },
  ];
  const answered = async (command: string, target: string) => {
    const { stdout } = await inProcess(
      [command, 'billing-api', '--jsonl', '-c', file, '--as', 'agent:teller', '--group', 'agents'],
      {
        stdin: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
        env: { TARGET_URL: target, TOKEN: credential },
      },
    );
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test('explain judges every line without a server, and looks no name up', async () => {
    const answers = await answered('explain', 'http://no-such-host.invalid');
    expect(answers.map(({ id, decision, code }) => [id, decision, code])).toEqual([
      ['1', 'allow', 'allowed'],
      ['2', 'allow', 'allowed'],
      ['3', 'ask', 'needs_approval'],
      ['4', 'deny', 'malformed'],
      ['5', 'deny', 'malformed'],
      [null, 'deny', 'malformed'],
      ['7', 'deny', 'wrong_protocol'],
      ['8', 'allow', 'allowed'],
    ]);
    expect(answers[2]?.['effects']).toEqual([{ action: 'write.delete', resource: 'http:/v1/invoices/42' }]);
  });

  test('run brings back status, headers and body, of the same write twice as well', async () => {
    road.target.taken();
    const answers = await answered('run', road.target.url);
    expect(answers.map(({ outcome }) => outcome)).toEqual([
      'succeeded',
      'succeeded',
      ...Array<string>(5).fill('not_executed'),
      'succeeded',
    ]);
    expect(Object.keys(answers[0]?.['result'] as object)).toEqual(['status', 'headers', 'body', 'truncated']);
    expect(road.target.taken().map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/x',
      'POST /v1/notes',
      'POST /v1/notes',
    ]);
  });
});

test('policy test decides requests, without a schema, a server, or the variables that name it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-http-cases-'));
  const cases = `cases:
  - { as: agent:a, connection: billing-api, method: GET, path: /v1/x, expect: allow }
  - { as: agent:a, connection: billing-api, method: DELETE, path: /v1/x, expect: { decision: ask, approvers: [ops] } }
  - { as: agent:a, connection: billing-api, method: GET, path: /v1/%61dmin, expect: { decision: deny, code: denied_by_rule } }
  - { as: agent:a, connection: billing-api, method: GET, path: /v1/../x, expect: { decision: deny, code: malformed } }
`;
  writeFileSync(join(folder, 'countersign.yaml'), policy());
  writeFileSync(join(folder, 'countersign.test.yaml'), cases);
  const { code, stdout, stderr } = await inProcess(['policy', 'test'], { cwd: folder });
  rmSync(folder, { recursive: true });
  expect([code, stdout.match(/✓/g)?.length, stderr]).toEqual([0, 4, '4 cases, all hold\n']);
});
