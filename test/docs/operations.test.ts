/** What docs/operations.md says of backups, keys and several gateways, tried on both kinds of store. */
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@countersign/client';
import type { MintInput, SignedHead } from '@countersign/core';
import { type Gateway, startGateway, verifyLedger } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { fileKeys } from '../../packages/gateway/src/ledger/keys.ts';
import { execute, rules, seed, submit, vote } from '../gateway/harness.ts';

let server: PostgresServer;
let target: TestDatabase;
let observer: Client;
let folder: string;
const open = new Set<Gateway>();

beforeAll(async () => {
  server = await startPostgres();
  target = await server.createDatabase({ seed });
  observer = new Client({ connectionString: target.url });
  await observer.connect();
});
afterAll(async () => {
  await observer.end();
  await server.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-operations-'));
});
afterEach(async () => {
  for (const gateway of open) await stop(gateway);
  await rm(folder, { recursive: true });
});

async function start(store: string, data = 'data'): Promise<Gateway> {
  const text = `${rules}\nserver: { data: ${data}, store: "\${STORE}" }\n`;
  const env = { BANK_URL: target.url, STORE: store };
  const gateway = await startGateway({
    file: parsePolicyFile(text, { file: 'countersign.yaml', env, directory: folder }),
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
  });
  open.add(gateway);
  return gateway;
}

async function stop(gateway: Gateway): Promise<void> {
  open.delete(gateway);
  await gateway.close();
}

const operatorOf = ({ url, operatorToken }: Gateway) => createClient({ url, token: operatorToken ?? '' });

async function tokensFrom(gateway: Gateway) {
  const operator = operatorOf(gateway);
  const mint = async (request: MintInput) => (await operator.mintToken(request)).token;
  const tokens = [
    await mint({ class: 'agent', name: 'teller', groups: ['agents'], owner: 'olivia' }),
    await mint({ class: 'person', name: 'dana' }),
  ];
  return ({ url }: Gateway) => tokens.map((token) => createClient({ url, token })) as [Api, Api];
}
type Api = ReturnType<typeof createClient>;

const linesOf = async (gateway: Gateway) =>
  (await operatorOf(gateway).events({ limit: 10_000 })).map((line) => JSON.stringify(line));

const balance = async (id: number) =>
  (await observer.query<{ balance: number }>('select balance from accounts where id = $1', [id])).rows[0]
    ?.balance;

/** Where calls are kept, and how an operator copies that away and back while no gateway runs. */
interface Kept {
  readonly store: string;
  backUp(): Promise<void>;
  restore(): Promise<void>;
}

const kinds: readonly (readonly [string, () => Promise<Kept>])[] = [
  [
    'embedded',
    async () => {
      const [store, copy] = [join(folder, 'data', 'store'), join(folder, 'backup')];
      return {
        store: 'embedded',
        backUp: () => cp(store, copy, { recursive: true }),
        restore: async () => {
          await rm(store, { recursive: true });
          await cp(copy, store, { recursive: true });
        },
      };
    },
  ],
  [
    'postgres',
    async () => {
      const database = await server.createDatabase();
      const { name, url } = database;
      const run = async (sql: string) => {
        const admin = new Client({ connectionString: server.url });
        await admin.connect();
        await admin.query(sql);
        await admin.end();
      };
      return {
        store: url,
        // As pg_dump and pg_restore: a database that is as the other one was.
        backUp: () => run(`create database "${name}_backup" template "${name}"`),
        restore: async () => {
          await database.drop();
          await run(`create database "${name}" template "${name}_backup"`);
          await run(`drop database "${name}_backup"`);
        },
      };
    },
  ],
];

describe.each(kinds)('a backup of the %s store', (_kind, make) => {
  test('brings back what waited, tokens and stops as they were, and nothing that was decided: it may have run since', async () => {
    const kept = await make();
    const first = await start(kept.store);
    const clients = await tokensFrom(first);
    const [agent, dana] = clients(first);
    const change = (id: number) => `update accounts set balance = balance - 1 where id = ${id}`;
    const approved = await submit(agent, change(1));
    const waits = await submit(agent, change(2));
    const { view: lost } = await operatorOf(first).mintToken({ class: 'person', name: 'sam' });
    const allowed = await submit(agent, 'select 1');
    await vote(dana, approved);
    await first.engine.ledger.settled();
    await stop(first);
    await kept.backUp();

    const second = await start(kept.store);
    expect(await execute(clients(second)[0], approved)).toMatchObject({ outcome: 'succeeded' });
    expect(await balance(1)).toBe(99);
    await operatorOf(second).revokeToken(lost.id);
    await operatorOf(second).createStop({ scope: { kind: 'all' } });
    await second.engine.ledger.settled();
    const before = await linesOf(second);
    const checkpoint = (JSON.parse(before.at(-1) ?? '') as { head: SignedHead }).head;
    await stop(second);
    await kept.restore();

    const third = await start(kept.store);
    const [again, danaAgain] = clients(third);
    expect(await execute(again, approved)).toMatchObject({
      outcome: 'not_executed',
      call: { state: 'expired' },
    });
    expect(await execute(again, allowed)).toMatchObject({ call: { state: 'expired' } });
    expect(await balance(1)).toBe(99);
    // Known again as they were: an operator has to go through both.
    expect((await operatorOf(third).listTokens()).tokens).toContainEqual(
      expect.objectContaining({ id: lost.id, revoked_at: null }),
    );
    expect((await operatorOf(third).listStops()).stops).toEqual([]);
    await vote(danaAgain, waits);
    expect(await execute(again, waits)).toMatchObject({ outcome: 'succeeded' });
    expect(await balance(2)).toBe(99);
    await third.engine.ledger.settled();
    const after = await linesOf(third);
    expect(after.join('\n')).toContain('ledger.gap');
    const publicKey = await readFile(join(folder, 'data', 'keys.pub'), 'utf8');
    expect(await verifyLedger(after, { publicKey })).toMatchObject({ verdict: 'consistent' });
    // What was recorded after the backup is gone, and a checkpoint from then says so.
    expect(await verifyLedger(after, { publicKey, checkpoint })).toMatchObject({ verdict: 'inconsistent' });
    await observer.query('update accounts set balance = 100 where id in (1, 2)');
  }, 60_000);
});

describe('the keys', () => {
  test('a gateway with other keys than the store was written with does not start, and writes nothing', async () => {
    const { url } = await server.createDatabase();
    await mkdir(join(folder, 'elsewhere'));
    fileKeys(join(folder, 'elsewhere', 'keys'));
    const first = await start(url);
    await first.engine.ledger.settled();
    const before = await linesOf(first);
    await expect(start(url, 'elsewhere')).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(
        /^The configuration is not valid.*the store was written with the keys [0-9a-f]{16}, and .*elsewhere.keys holds/,
      ),
    });
    expect(await linesOf(first)).toEqual(before);
    await rm(join(folder, 'elsewhere'), { recursive: true });
    await expect(start(url, 'elsewhere')).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(
        /the store was written with the keys [0-9a-f]{16}, and there is no .*elsewhere.keys/,
      ),
    });
    await cp(join(folder, 'data', 'keys'), join(folder, 'elsewhere', 'keys'));
    const second = await start(url, 'elsewhere');
    const clients = await tokensFrom(first);
    const [agent] = clients(second);
    expect(await execute(agent, await submit(agent, 'select 1'))).toMatchObject({ outcome: 'succeeded' });
  });
});

test('a data folder brought back whole, its last signed head included, is not noticed on the same boot', async () => {
  const first = await start('embedded');
  const clients = await tokensFrom(first);
  const [agent, dana] = clients(first);
  const approved = await submit(agent, 'update accounts set balance = balance - 1 where id = 4');
  await vote(dana, approved);
  await first.engine.ledger.settled();
  await stop(first);
  const [data, copy] = [join(folder, 'data'), join(folder, 'copy')];
  await cp(data, copy, { recursive: true });
  const second = await start('embedded');
  expect(await execute(clients(second)[0], approved)).toMatchObject({ outcome: 'succeeded' });
  await stop(second);
  await rm(data, { recursive: true });
  await cp(copy, data, { recursive: true });
  const third = await start('embedded');
  expect(await execute(clients(third)[0], approved)).toMatchObject({ outcome: 'succeeded' });
  expect(await balance(4)).toBe(98);
}, 60_000);
