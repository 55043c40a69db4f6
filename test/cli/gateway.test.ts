/** The commands against a gateway that `countersign serve` started: as people, agents and operators use them. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startCountersign } from './countersign.ts';
import { inProcess } from './in-process.ts';

const shop = fileURLToPath(new URL('../../examples/shop/', import.meta.url));
let postgres: PostgresServer;
let database: TestDatabase;
let folder: string;
let serving: ReturnType<typeof startCountersign>;
let said = '';
let policy: string;
let agentToken: string;

const data = (name: string) => join(folder, 'data', name);
const at = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  inProcess(args, { cwd: folder, env: { XDG_CONFIG_HOME: join(folder, 'config'), ...env } });
const asAgent = (...args: readonly string[]) => at(args, { COUNTERSIGN_TOKEN: agentToken });
const mode = async (path: string) => (await stat(path)).mode & 0o777;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(50))
    if (await holds()) return;
  throw new Error(`${what} did not happen; the gateway said: ${said}`);
}

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase({ seed: await readFile(join(shop, 'shop.sql'), 'utf8') });
  folder = await mkdtemp(join(tmpdir(), 'countersign-serve-'));
  policy = (await readFile(join(shop, 'countersign.yaml'), 'utf8'))
    .replace('127.0.0.1:7400', '127.0.0.1:0')
    .replace('.countersign', 'data')
    // Where nothing listens.
    .replace(
      'connections:\n',
      'connections:\n  lost-db: { protocol: postgres, url: "postgres://127.0.0.1:1/lost" }\n',
    );
  await writeFile(join(folder, 'countersign.yaml'), policy);
  serving = startCountersign(['serve'], { cwd: folder, env: { SHOP_DB_URL: database.url } });
  serving.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  await until('serving', () => said.includes('countersign token'));
  agentToken = (
    await at(['token', '--agent', 'support', '--group', 'agents', '--owner', 'olivia'])
  ).stdout.trim();
}, 120_000);
afterAll(async () => {
  serving.kill('SIGKILL');
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const refund = "UPDATE orders SET status = 'refunded' WHERE id = 1042";

async function statusOf1042(): Promise<unknown> {
  const client = new Client(database.url);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(
      'select status, (select count(*)::int from order_history where order_id = 1042) as changes from orders where id = 1042',
    );
    return rows[0];
  } finally {
    await client.end();
  }
}

test('serve says where it is and how to go on, without a secret, and leaves gateway.json to its own user only', async () => {
  expect(said).toMatch(/address {6}http:\/\/127\.0\.0\.1:\d+/);
  expect(said).toMatch(/console {6}http:\/\/127\.0\.0\.1:\d+\/console, where nobody can sign in/);
  expect(said).toContain('shop-db (postgres)');
  expect(said).not.toContain(new URL(database.url).password);
  expect(await mode(data('gateway.json'))).toBe(0o600);
  expect(await mode(join(folder, 'data'))).toBe(0o700);
});

test('a target that can’t be reached is one line in the log, with its connection and a code', async () => {
  for (let n = 0; n < 2; n++) {
    const { code, stdout } = await asAgent('explain', 'lost-db', 'SELECT 1');
    expect({ code, stdout }).toEqual({ code: 3, stdout: expect.stringContaining('target_unavailable') });
  }
  const lines = said.split('\n').filter((line) => line.includes('can’t be reached; calls on it are denied'));
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ connection: 'lost-db', code: 'target_unavailable', why: 'ECONNREFUSED' }),
  ]);
  expect(lines.join()).not.toContain('127.0.0.1');
});

describe('tokens', () => {
  test('an agent’s is printed once, alone on stdout', async () => {
    const { code, stdout, stderr } = await at([
      'token',
      '--agent',
      'other',
      '--owner',
      'olivia',
      '--expires',
      '15m',
    ]);
    expect({ code, lines: stdout.trim().split('\n').length }).toEqual({ code: 0, lines: 1 });
    expect(stderr).not.toContain(stdout.trim());
    expect(stderr).toContain('expires in 15 minutes');
    const list = await at(['token', 'list']);
    expect(list.stdout).toContain('agent:other');
    expect(list.stdout).not.toContain(stdout.trim());
  });

  test('a person’s is kept, 0600, outside the data folder, and not printed', async () => {
    expect(await at(['token', '--person', 'dana'])).toMatchObject({ code: 0, stdout: '' });
    const kept = join(folder, 'config', 'countersign', 'tokens.json');
    expect(await mode(kept)).toBe(0o600);
    expect(await at(['approvals'])).toMatchObject({ code: 0, stdout: '', stderr: 'Nothing waits.\n' });
  });

  test('one for a group or a person that the policy does not know is minted with a warning', async () => {
    const agent = await at(['token', '--agent', 'stray', '--group', 'agnets', '--owner', 'olivia']);
    expect(agent).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('names the group agnets; did you mean agents?'),
    });
    expect(agent.stdout).toMatch(/^cs_\S+\n$/);
    const { stderr } = await at(['token', '--person', 'danna', '--json']);
    expect(stderr).toContain("account local:danna: the token can't vote; did you mean dana?");
  });

  test('a revoked one ends at once', async () => {
    const minted = await at(['token', '--agent', 'gone', '--group', 'agents', '--owner', 'olivia', '--json']);
    const { token, view } = JSON.parse(minted.stdout) as { token: string; view: { id: string } };
    expect(await at(['token', 'revoke', view.id])).toMatchObject({ code: 0 });
    expect(await at(['run', 'shop-db', 'SELECT 1'], { COUNTERSIGN_TOKEN: token })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('(unauthenticated)'),
    });
  });

  test('never 25: a person’s token makes no calls, an agent’s does not vote', async () => {
    const minted = await at(['token', '--person', 'sam', '--json']);
    const { token } = JSON.parse(minted.stdout) as { token: string };
    expect(await at(['run', 'shop-db', 'SELECT 1'], { COUNTERSIGN_TOKEN: token })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(wrong_actor)'),
    });
    expect(await asAgent('approvals')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(wrong_actor)'),
    });
  });
});

describe('explain and run through the gateway', () => {
  test('a read runs at once, and comes back masked', async () => {
    const { code, stdout } = await asAgent(
      'run',
      'shop-db',
      'SELECT name, email FROM customers WHERE id = 1',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/Priya Raman +\[redacted\]/);
  });

  test('an agent is told decision, code and reason, and nothing of rules and effects', async () => {
    const { code, stdout } = await asAgent('explain', 'shop-db', refund, '--json');
    expect(code).toBe(4);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['decision', 'code', 'reason']);
  });

  test('with --jsonl an ask is not executed, and nothing is left waiting', async () => {
    const { code, stdout } = await inProcess(['run', 'shop-db', '--jsonl'], {
      cwd: folder,
      env: { COUNTERSIGN_TOKEN: agentToken },
      stdin: `${JSON.stringify({ id: '1', sql: refund })}\nnonsense\n${JSON.stringify({ id: '2', sql: 'SELECT 1' })}\n`,
    });
    expect(code).toBe(0);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers.map(({ id, outcome, code: why }) => [id, outcome, why])).toEqual([
      ['1', 'not_executed', 'needs_approval'],
      [null, 'not_executed', 'malformed'],
      ['2', 'succeeded', 'allowed'],
    ]);
    expect((await at(['approvals', '--json'])).stdout).toContain('"approvals": []');
  });
});

test('an ask waits for a person who votes on exactly what was shown, and then runs once', async () => {
  const running = asAgent('run', 'shop-db', refund, '--purpose', 'The lid was cracked.');
  let id = '';
  await until('the ask', async () => {
    id = /apr_[0-9a-z]+/.exec((await at(['approvals'])).stdout)?.[0] ?? '';
    return id !== '';
  });
  const card = await at(['approvals', 'show', id]);
  expect(card.stdout).toContain(refund);
  expect(card.stdout).toContain('The lid was cracked.');
  expect(card.stdout).toContain('1 vote from dba');
  const { digest } = JSON.parse((await at(['approvals', 'show', id, '--json'])).stdout) as { digest: string };

  expect(await at(['approvals', 'approve', id])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no terminal to ask in'),
  });
  expect(await at(['approvals', 'approve', id, '--digest', 'f'.repeat(64)])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(digest_mismatch)'),
  });
  expect(await statusOf1042()).toEqual({ status: 'delivered', changes: 0 });

  expect(await at(['approvals', 'approve', id, '--digest', digest])).toMatchObject({ code: 0 });
  expect(await running).toMatchObject({ code: 0, stdout: 'rows changed: 1\n' });
  expect(await statusOf1042()).toEqual({ status: 'refunded', changes: 1 });
  expect(await at(['approvals', 'reject', id, '--reason', 'too late'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(already_decided)'),
  });
});

test('Ctrl-C while an ask waits cancels the call', async () => {
  const waiting = startCountersign(['run', 'shop-db', "UPDATE orders SET note = 'x' WHERE id = 1001"], {
    cwd: folder,
    env: { COUNTERSIGN_TOKEN: agentToken },
  });
  let words = '';
  waiting.stderr.on('data', (part: Buffer) => {
    words += part.toString();
  });
  await until('the ask', () => words.includes('Ctrl-C cancels the call'));
  const closed = once(waiting, 'close');
  waiting.kill('SIGINT');
  await closed;
  expect(waiting.exitCode).toBe(130);
  expect(await at(['approvals'])).toMatchObject({ code: 0, stdout: '', stderr: 'Nothing waits.\n' });
});

test('an operator beside the gateway is its operator also with the agent’s environment exported', async () => {
  const { url } = JSON.parse(await readFile(data('gateway.json'), 'utf8')) as { url: string };
  const agents = { COUNTERSIGN_URL: url, COUNTERSIGN_TOKEN: agentToken };
  expect(await at(['stop', 'list'], agents)).toMatchObject({ code: 0 });
  expect(await at(['stop', 'list'], { COUNTERSIGN_URL: 'http://127.0.0.1:1' })).not.toMatchObject({
    code: 0,
  });
});

test('a stop holds until it is lifted', async () => {
  const stopped = await at(['stop', '--principal', 'agent:support', '--reason', 'a test']);
  expect(stopped.code).toBe(0);
  expect(await asAgent('run', 'shop-db', 'SELECT 1')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('stopped'),
  });
  expect((await at(['stop', 'list'])).stdout).toMatch(/agent:support +in force/);
  expect(await at(['stop', '--principal', 'support'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Expected agent:NAME or service:NAME.'),
  });
  expect(await at(['stop', '--lift', stopped.stdout.trim()])).toMatchObject({ code: 0 });
  const misspelt = await at(['stop', '--connection', 'shop-bd']);
  expect(misspelt.stderr).toContain('There is no such connection: shop-bd (did you mean shop-db?).');
  expect(await at(['stop', '--lift', misspelt.stdout.trim()])).toMatchObject({ code: 0 });
  expect(await asAgent('explain', 'shop-bd', 'SELECT 1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('shop-bd (did you mean shop-db?)'),
  });
  expect(await asAgent('run', 'shop-db', 'SELECT 1')).toMatchObject({ code: 0 });
});

describe('the record', () => {
  test('is told in words', async () => {
    const { code, stdout } = await at(['ledger']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/person:dana +approves/);
    expect(stdout).toContain("UPDATE orders SET status = 'refunded'");
  });

  test('is narrowed to a call, a time, a number of events', async () => {
    const { stdout: whole } = await at(['ledger']);
    const [, call = ''] = /approves {2}(call_\w+)/.exec(whole) ?? [];
    const { stdout, stderr } = await at(['ledger', '--call', call, '--since', '1h']);
    expect(stdout).toMatch(/person:dana +approves/);
    expect(new Set(stdout.match(/call_\w+/g))).toEqual(new Set([call]));
    expect(stderr).toMatch(/^\d+ of \d+ events; the last head was signed /);
    expect((await at(['ledger', '--last', '1'])).stderr).toMatch(/^1 of /);
    expect(await at(['ledger', '--since', '2126-01-01'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('Nothing of this kind is in the record.'),
    });
  });

  test('never 48: a line cut out, a line changed, the tail cut off, another key: verify finds each of them', async () => {
    const { stdout: whole } = await at(['ledger', '--jsonl']);
    const lines = whole.trimEnd().split('\n');
    const verify = async (text: string, ...more: readonly string[]) => {
      const { code, stdout, stderr } = await inProcess(['verify', '-', ...more], {
        cwd: folder,
        stdin: text,
      });
      return { code, words: stdout + stderr };
    };
    expect(await verify(whole)).toMatchObject({ code: 0, words: expect.stringContaining('consistent  ') });

    const cut = lines.filter((_, index) => index !== 4).join('\n');
    expect(await verify(cut)).toMatchObject({
      code: 1,
      words: expect.stringContaining('event 4 is missing'),
    });
    const changed = whole.replace('agent:support', 'agent:sapport');
    expect(await verify(changed)).toMatchObject({
      code: 1,
      words: expect.stringContaining('ledger_inconsistent'),
    });
    const tailCut = lines.slice(0, -1).join('\n');
    expect(await verify(tailCut)).toMatchObject({ code: 1, words: expect.stringContaining('signed head') });

    const { stdout: earlier } = await at(['ledger', '--jsonl']);
    await at(['stop', 'list']);
    await writeFile(join(folder, 'checkpoint'), earlier);
    expect(await verify(earlier, '--checkpoint', 'checkpoint')).toMatchObject({
      code: 0,
      words: expect.stringContaining('complete up to the checkpoint'),
    });
    await writeFile(
      join(folder, 'other.pub'),
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    );
    expect(await verify(whole, '--key', 'other.pub')).toMatchObject({
      code: 1,
      words: expect.stringContaining('not signed by this key'),
    });
    expect(await verify(whole, '--key', 'checkpoint')).toMatchObject({
      code: 2,
      words: expect.stringContaining('checkpoint holds no public key'),
    });
  });
});

test('an invalid policy file changes nothing, by command and by SIGHUP, and says what is wrong', async () => {
  const file = join(folder, 'countersign.yaml');
  await writeFile(file, policy.replace('then: allow', 'then: alow'));
  expect(
    await at(['policy', 'reload', '--gateway', await addressOf(), '--token', await operatorToken()]),
  ).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('alow') });
  serving.kill('SIGHUP');
  await until('the refusal', () => said.includes('The policy stays as it was.'));
  expect(
    await at(['explain', 'shop-db', 'SELECT 1', '--gateway', await addressOf()], {
      COUNTERSIGN_TOKEN: agentToken,
    }),
  ).toMatchObject({ code: 0 });
  await writeFile(file, `${policy}\n# as before\n`);
  serving.kill('SIGHUP');
  await until('the reload', () => said.includes('The policy was read again'));
});

const note = async () => JSON.parse(await readFile(data('gateway.json'), 'utf8')) as Record<string, string>;
const addressOf = async () => (await note())['url'] ?? '';
const operatorToken = async () => (await note())['operator_token'] ?? '';

test('SIGTERM ends it in order, and nothing is left that looks alive', async () => {
  const closed = once(serving, 'exit');
  serving.kill('SIGTERM');
  await closed;
  expect(serving.exitCode).toBe(0);
  await expect(stat(data('gateway.json'))).rejects.toThrow('ENOENT');
  expect(await at(['approvals'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('(unreachable)'),
  });
});
