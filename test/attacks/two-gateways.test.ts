import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@countersign/client';
import { type Gateway, startGateway, verifyLedger } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { execute, refusal, rules, seed, submit, vote } from '../gateway/harness.ts';
import { until } from '../support/until.ts';

let server: PostgresServer;
let target: TestDatabase;
let store: TestDatabase;
let observer: Client;
let folder: string;
let one: Gateway;
let two: Gateway;

beforeAll(async () => {
  server = await startPostgres();
  target = await server.createDatabase({ seed });
  store = await server.createDatabase();
  observer = new Client({ connectionString: target.url });
  await observer.connect();
  folder = mkdtempSync(join(tmpdir(), 'countersign-two-'));
  one = await start('one');
  two = await start('two');
}, 60_000);

afterAll(async () => {
  await one.close();
  await two.close();
  await observer.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(name: string, url = store.url): Promise<Gateway> {
  const text = `${rules}\nserver: { data: ${name}, store: "\${STORE_URL}" }\n`;
  const env = { BANK_URL: target.url, STORE_URL: url };
  return startGateway({
    file: parsePolicyFile(text, { file: 'countersign.yaml', env, directory: folder }),
    keys: join(folder, 'keys'),
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
  });
}

const client = (gateway: Gateway, token: string) => createClient({ url: gateway.url, token });

async function tokens() {
  const operator = client(one, one.operatorToken ?? '');
  const agent = await operator.mintToken({
    class: 'agent',
    name: 'teller',
    groups: ['agents'],
    owner: 'olivia',
  });
  const dana = await operator.mintToken({ class: 'person', name: 'dana' });
  const sam = await operator.mintToken({ class: 'person', name: 'sam' });
  return { agent: agent.token, dana: dana.token, sam: sam.token };
}

const balance = async (id: number) =>
  (await observer.query<{ balance: number }>('select balance from accounts where id = $1', [id])).rows[0]
    ?.balance;

const running = async (text: string) =>
  (
    await observer.query(
      'select 1 from pg_stat_activity where state = $1 and query like $2 and pid <> pg_backend_pid()',
      ['active', `%${text}%`],
    )
  ).rowCount ?? 0;

describe('two gateways on one store', () => {
  test('never 18: an approved call that both are told to execute, many times, runs once', async () => {
    const { agent, dana } = await tokens();
    const here = client(one, agent);
    const there = client(two, agent);
    const call = await submit(here, 'update accounts set balance = balance - 1 where id = 1');
    await vote(client(two, dana), call);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => execute(i % 2 === 0 ? here : there, call)),
    );
    expect(answers.filter(({ outcome }) => outcome === 'succeeded').length).toBeGreaterThan(0);
    expect(await balance(1)).toBe(99);
  });

  test('never 29: a rejection here and approvals there leave one decision', async () => {
    const { agent, dana, sam } = await tokens();
    const call = await submit(client(one, agent), 'update accounts set balance = 0 where id = 2');
    const votes = await Promise.all([
      refusal(vote(client(one, dana), call, 'reject')),
      refusal(vote(client(two, sam), call, 'approve')),
      refusal(vote(client(two, dana), call, 'approve')),
    ]);
    expect(votes.filter((code) => code === 'none')).toHaveLength(1);
    await execute(client(two, agent), call);
    const { state } = await client(one, agent).getCall(call.id);
    expect(state).toBe(votes[0] === 'none' ? 'rejected' : 'succeeded');
    expect(await balance(2)).toBe(state === 'succeeded' ? 0 : 100);
  });

  test('never 24: a stop made at one ends what runs at the other', async () => {
    const { agent } = await tokens();
    const here = client(one, agent);
    const execution = execute(here, await submit(here, 'select pg_sleep(20)'));
    await until(async () => (await running('pg_sleep(20)')) > 0);
    const { id } = await client(two, two.operatorToken ?? '').createStop({ scope: { kind: 'all' } });
    const started = Date.now();
    expect(await execution).toMatchObject({ outcome: 'failed', error: { code: 'stopped' } });
    expect(Date.now() - started).toBeLessThan(5000);
    await client(two, two.operatorToken ?? '').liftStop(id);
  });

  test('never 49: their one ledger verifies', async () => {
    const lines = await client(two, two.operatorToken ?? '').events({ after: -1, limit: 10_000 });
    const publicKey = one.engine.keys.publicKeyPem;
    expect(
      await verifyLedger(
        lines.map((line) => JSON.stringify(line)),
        { publicKey },
      ),
    ).toMatchObject({
      verdict: 'consistent',
    });
  });
});

test('write ahead: a store that does not wait for its commits is refused', async () => {
  const { url, name } = await server.createDatabase();
  await observer.query(`alter database ${name} set synchronous_commit = off`);
  expect(await refusal(start('three', url))).toBe('config_invalid');
});
