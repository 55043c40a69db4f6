/**
 * The process is killed at every moment between two durable steps of a write. Whatever the moment: the target shows at
 * most one change, the call ends in an outcome that is true of the target, and asking again changes nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@countersign/client';
import type { CallView } from '@countersign/core';
import { crashPoints, verifyLedger } from '@countersign/gateway';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { execute, refusal, rules, seed, submit, vote } from '../gateway/harness.ts';

let server: PostgresServer;
let database: TestDatabase;
let observer: Client;
let template: string;
let folder: string;
let children: ChildProcess[] = [];

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
}

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase({ seed });
  observer = new Client({ connectionString: database.url });
  await observer.connect();
  template = mkdtempSync(join(tmpdir(), 'countersign-crash-template-'));
  writeFileSync(join(template, 'countersign.yaml'), `${rules}\nserver: { data: data }\n`);
  folder = template;
  await end(await start('never'), 'SIGTERM');
}, 60_000);
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  if (folder !== template) rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  rmSync(template, { recursive: true, force: true });
  await observer.end();
  await server.stop();
});

const gone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function start(moment: string): Promise<Running> {
  const script = fileURLToPath(new URL('./gateway-that-crashes.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning', script, folder, moment],
    {
      env: { ...process.env, BANK_URL: database.url, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  children.push(child);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const note = join(folder, 'data', 'gateway.json');
  for (let tries = 0; tries < 600; tries++) {
    const text = existsSync(note) ? readFileSync(note, 'utf8') : '';
    if (text.endsWith('\n')) {
      const {
        url,
        operator_token: token,
        pid,
      } = JSON.parse(text) as { url: string; operator_token: string; pid: number };
      if (pid === child.pid) return { child, url, token };
    }
    if (gone(child)) throw new Error(`the gateway ended: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`the gateway did not start: ${said}`);
}

async function end({ child }: Running, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
  if (gone(child)) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

const balance = async (id: number): Promise<number> =>
  (await observer.query<{ balance: number }>('select balance from accounts where id = $1', [id])).rows[0]
    ?.balance ?? 0;

let row = 0;

test.each(crashPoints)(
  'never 07, 49, 50: killed at %s, a write happens once or not at all, and the record says which',
  async (moment) => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-crash-'));
    cpSync(template, folder, { recursive: true });
    const id = ++row;
    const statement = `update accounts set balance = balance + 1 where id = ${id}`;
    const key = { run: 'run-crash', call: `call-${id}` };

    // The road of a write, with a process that dies on it, and another that takes over wherever that was.
    let gateway = await start(moment);
    const operator = createClient({ url: gateway.url, token: gateway.token });
    const agentToken = (
      await operator.mintToken({ class: 'agent', name: 'teller', groups: ['agents'], owner: 'olivia' })
    ).token;
    const danaToken = (await operator.mintToken({ class: 'person', name: 'dana' })).token;
    const agent = () => createClient({ url: gateway.url, token: agentToken });
    const dana = () => createClient({ url: gateway.url, token: danaToken });
    let crashes = 0;
    const surviving = async <T>(step: () => Promise<T>): Promise<T> => {
      try {
        return await step();
      } catch (thrown) {
        if ((thrown as { code?: string }).code !== 'unreachable') throw thrown;
        crashes++;
        await end(gateway);
        gateway = await start('never');
        return step();
      }
    };

    const call = await surviving(() => submit(agent(), statement, key));
    const voted = await surviving(async (): Promise<CallView> => {
      const state = (await agent().getCall(call.id)).state;
      if (state === 'waiting') await vote(dana(), call);
      return agent().getCall(call.id);
    });
    const done = await surviving(async () => {
      for (;;) {
        const answer = await execute(agent(), voted);
        if (answer.outcome !== 'in_progress') return answer;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    expect(crashes).toBe(1);

    const changed = (await balance(id)) - 100;
    expect([0, 1]).toContain(changed);
    // What the record says is true of the target: nothing is unknown here, because the target can always be asked.
    expect(done.outcome).toBe(
      changed === 1 ? 'succeeded' : done.call.state === 'failed' ? 'failed' : 'not_executed',
    );
    if (done.outcome === 'failed') expect(['no', 'rolled_back']).toContain(done.error?.ran);

    // Nothing makes it happen again: neither executing, nor submitting the same key, nor a late vote.
    await execute(agent(), voted);
    const again = await submit(agent(), statement, key);
    expect(again.id).toBe(call.id);
    if (again.state !== 'waiting') await execute(agent(), again);
    if (call.approval !== null) expect(await refusal(vote(dana(), call))).not.toBe('none');
    expect((await balance(id)) - 100).toBe(changed);

    // The record is whole, and shows the change exactly when there was one.
    const lines = (
      await createClient({ url: gateway.url, token: gateway.token }).events({ limit: 10_000 })
    ).map((line) => JSON.stringify(line));
    const publicKey = readFileSync(join(folder, 'data', 'keys.pub'), 'utf8');
    expect(await verifyLedger(lines, { publicKey })).toMatchObject({ verdict: 'consistent' });
    const types = lines.flatMap((line) => {
      const { event } = JSON.parse(line) as { event?: string };
      const { call: of, type } =
        event === undefined
          ? { call: null, type: '' }
          : (JSON.parse(event) as { call: string | null; type: string });
      return of === call.id ? [type] : [];
    });
    expect(types.filter((type) => type === 'call.succeeded')).toHaveLength(changed);
    expect(types.filter((type) => type === 'call.claimed').length).toBeLessThanOrEqual(1);
    if (changed === 1) expect(types.indexOf('call.claimed')).toBeLessThan(types.indexOf('call.succeeded'));
  },
  60_000,
);
