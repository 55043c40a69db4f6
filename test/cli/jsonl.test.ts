/** The contract of `--jsonl`, held against the real command: one process explains, one runs. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, countersign, openSession, type Session } from './countersign.ts';

const shop = fileURLToPath(new URL('../../examples/shop/', import.meta.url));
const as = ['--as', 'agent:support', '--group', 'agents'];
let postgres: PostgresServer;
let folder: string;
let env: { SHOP_DB_URL: string };
let explaining: Session;
let running: Session;

beforeAll(async () => {
  postgres = await startPostgres();
  const { url } = await postgres.createDatabase({ seed: await readFile(join(shop, 'shop.sql'), 'utf8') });
  env = { SHOP_DB_URL: url };
  folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  const file = join(folder, 'countersign.yaml');
  const policy = await readFile(join(shop, 'countersign.yaml'), 'utf8');
  await writeFile(file, policy.replace('labels: { env: production }', 'throwaway: true\n    $&'));
  const session = (command: string) =>
    openSession([command, 'shop-db', '--jsonl', '-c', file, ...as], { env });
  explaining = session('explain');
  running = session('run');
}, 120_000);
afterAll(async () => {
  await Promise.allSettled([explaining.end(''), running.end('')]);
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const lines = (...requests: readonly unknown[]) =>
  requests.map((request) => `${JSON.stringify(request)}\n`).join('');
const one = async (session: Session, request: unknown): Promise<Answer> =>
  (await session.send(lines(request), 1))[0] ?? {};

describe('explain --jsonl', () => {
  test('answers decision, code, reason, effects, rules and masks, in that order of keys, at once', async () => {
    const request = { id: '7', sql: 'SELECT email AS contact FROM customers WHERE id = $1', params: [1] };
    const answer = await one(explaining, request);
    expect(Object.keys(answer)).toEqual([
      'id',
      'line',
      'decision',
      'code',
      'reason',
      'effects',
      'rules',
      'masks',
    ]);
    expect(answer).toMatchObject({
      id: '7',
      line: 1,
      decision: 'allow',
      code: 'allowed',
      effects: [{ action: 'read', resource: 'table:public.customers' }],
      rules: ['agents read'],
      masks: expect.arrayContaining(['redact column:public.customers.email', 'redact detect:email']),
    });
  }, 120_000);

  test('effects have action, resource and via, and nothing else', async () => {
    const answer = await one(explaining, {
      id: '1',
      sql: "UPDATE orders SET status = 'refunded' WHERE id = 1042",
    });
    expect(answer).toMatchObject({ decision: 'ask', code: 'needs_approval', rules: ['writes need a dba'] });
    const effects = answer['effects'] as Answer[];
    expect(effects).toContainEqual({ action: 'write.update', resource: 'table:public.orders' });
    expect(effects).toContainEqual({
      action: 'execute',
      resource: 'function:public.record_status_change()',
      via: 'trigger order_status_changed',
    });
    const others = effects.flatMap((effect) => Object.keys(effect));
    expect(new Set(others)).toEqual(new Set(['action', 'resource', 'via']));
  });

  test('every line is answered, in order, malformed ones too', async () => {
    const input = Buffer.concat([
      Buffer.from('{"id":"a","sql":"SELECT 1"}\r\n'),
      Buffer.from('\n'),
      Buffer.from('not json\n'),
      Buffer.from('{"id":"b","sql":"SELECT 1","sql":"DROP TABLE orders"}\n'),
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a]),
      Buffer.from('{"id":"c","argv":["get","pods"]}\n'),
      Buffer.from(`{"id":"d","sql":"SELECT '${'x'.repeat(1024 * 1024)}'"}\n`),
      Buffer.from(`${'['.repeat(100_000)}\n`),
      Buffer.from('{"id":"e","sql":"SELECT \\u0000"}\n'),
      Buffer.from('{"id":"f","sql":"SELEC 1"}\n'),
      Buffer.from('{"id":"g","sql":"DROP TABLE orders"}\n'),
    ]);
    const answers = await explaining.send(input, 11);
    const before = (answers[0]?.['line'] as number) - 1;
    expect(
      answers.map(({ id, line, decision, code }) => [(line as number) - before, id, decision, code]),
    ).toEqual([
      [1, 'a', 'allow', 'allowed'],
      [2, null, 'deny', 'malformed'],
      [3, null, 'deny', 'malformed'],
      [4, null, 'deny', 'malformed'],
      [5, null, 'deny', 'malformed'],
      [6, 'c', 'deny', 'wrong_protocol'],
      [7, null, 'deny', 'too_large'],
      [8, null, 'deny', 'malformed'],
      [9, null, 'deny', 'malformed'],
      [10, 'f', 'deny', 'parse_failed'],
      [11, 'g', 'deny', 'denied_by_rule'],
    ]);
  });

  test('answers come in the order of their lines', async () => {
    const requests = Array.from({ length: 200 }, (_, index) => ({
      id: String(index),
      sql: index % 3 === 0 ? `SELECT ${index}` : `SELECT name FROM customers WHERE id = ${index}`,
    }));
    const answers = await explaining.send(lines(...requests), 200);
    expect(answers.map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
  });

  test('runs nothing at the target', async () => {
    await one(explaining, { sql: "INSERT INTO agent_notes (order_id, note) VALUES (1042, 'explained')" });
    const found = await one(running, { sql: "SELECT count(*) FROM agent_notes WHERE note = 'explained'" });
    expect(found).toMatchObject({ outcome: 'succeeded', result: { rows: [['0']] } });
  });

  test('the last line may lack its line feed, and the command ends with the input', async () => {
    const { answers, code } = await explaining.end('{"id":"last","sql":"SELECT 1"}');
    expect(answers.map(({ id, decision }) => [id, decision])).toEqual([['last', 'allow']]);
    expect(code).toBe(0);
  });
});

describe('run --jsonl', () => {
  test('answers outcome and result too: cells are text or null, and masked', async () => {
    const sql = 'SELECT id, name, email AS contact, NULL AS nothing FROM customers WHERE id = 1';
    const answer = await one(running, { id: '1', sql });
    expect(answer).toMatchObject({ id: '1', decision: 'allow', outcome: 'succeeded' });
    expect(answer['result']).toMatchObject({
      columns: ['id', 'name', 'contact', 'nothing'],
      truncated: false,
    });
    const [row] = (answer['result'] as { rows: (string | null)[][] }).rows;
    expect(row).toMatchObject(['1', 'Priya Raman', expect.any(String), null]);
    expect(JSON.stringify(answer)).not.toContain('priya');
  });

  test('what a line wrote, the next one sees', async () => {
    const answers = await running.send(
      lines(
        { id: '1', sql: "INSERT INTO agent_notes (order_id, note) VALUES (1041, 'one after the other')" },
        { id: '2', sql: 'SELECT note FROM agent_notes WHERE order_id = 1041' },
      ),
      2,
    );
    expect(answers).toMatchObject([
      { outcome: 'succeeded' },
      { outcome: 'succeeded', result: { rows: [['one after the other']] } },
    ]);
  });

  test('never waits: an ask is not executed, and a denial and a malformed line neither', async () => {
    const answers = await running.send(
      `${lines({ id: '1', sql: "UPDATE orders SET status = 'refunded' WHERE id = 1042" }, { id: '2', sql: 'DROP TABLE orders' })}{\n`,
      3,
    );
    expect(answers.map(({ decision, outcome, code }) => [decision, outcome, code])).toEqual([
      ['ask', 'not_executed', 'needs_approval'],
      ['deny', 'not_executed', 'denied_by_rule'],
      ['deny', 'not_executed', 'malformed'],
    ]);
    const after = await one(running, { sql: 'SELECT status FROM orders WHERE id = 1042' });
    expect(after).toMatchObject({ result: { rows: [['delivered']] } });
  });

  test('what fails at the target is a failure with its code, and the stream goes on', async () => {
    const failed = await one(running, { sql: "SELECT 'x'::integer" });
    expect(failed).toMatchObject({ outcome: 'failed', error: { code: 'target_error' } });
    expect(await one(running, { sql: 'SELECT 1' })).toMatchObject({ outcome: 'succeeded' });
  });
});

test('a connection that is not throwaway is not run from the file', async () => {
  const file = join(shop, 'countersign.yaml');
  const { code, stdout, stderr } = await countersign(['run', 'shop-db', 'SELECT 1', '-c', file, ...as], {
    env,
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('shop-db is not a throw-away connection');
}, 120_000);
