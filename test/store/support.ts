/** Gateways whose PostgreSQL store is somewhere the test can cut off, restart or replace. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client as ApiClient, createClient } from '@countersign/client';
import type { CallView, SignedHead } from '@countersign/core';
import { type Gateway, type Runtime, startGateway, systemRuntime, verifyLedger } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { expect } from '@jest/globals';
import { Client } from 'pg';
import { rules } from '../gateway/harness.ts';
import { until } from '../support/until.ts';

/** Time goes by this many times faster for the gateway; the store's clock is its own. */
export const fast = (factor: number, reached: Runtime['reached'] = () => undefined): Runtime => {
  const start = systemRuntime.now();
  return {
    ...systemRuntime,
    now: () => start + (systemRuntime.now() - start) * factor,
    sleep: (ms, signal) => systemRuntime.sleep(ms / factor, signal),
    timer: (ms, ring) => systemRuntime.timer(ms / factor, ring),
    reached,
  };
};

export interface Place {
  readonly target: string;
  readonly store: string;
  /** Holds the keys, which gateways of one store share. */
  readonly folder: string;
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'countersign-store-'));
export const dropFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

export function startOn(
  place: Place,
  name = 'one',
  runtime: Runtime = systemRuntime,
  policy = rules,
): Promise<Gateway> {
  const text = `${policy}\nserver: { data: ${name}, store: "\${STORE_URL}" }\n`;
  const env = { BANK_URL: place.target, STORE_URL: place.store };
  return startGateway({
    file: parsePolicyFile(text, { file: 'countersign.yaml', env, directory: place.folder }),
    keys: join(place.folder, 'keys'),
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
    runtime,
  });
}

export interface People {
  readonly agent: (gateway?: { readonly url: string }) => ApiClient;
  readonly dana: (gateway?: { readonly url: string }) => ApiClient;
  readonly sam: (gateway?: { readonly url: string }) => ApiClient;
  readonly operator: (gateway?: Gateway) => ApiClient;
}

/** Tokens of an agent and of people; their clients speak to the gateway named, else to the one that minted them. */
export async function peopleOf(minting: Gateway, agentName = 'teller'): Promise<People> {
  const operator = (gateway = minting) =>
    createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
  const mint = async (request: Parameters<ApiClient['mintToken']>[0]) => {
    const { token } = await operator().mintToken(request);
    return (gateway: { readonly url: string } = minting) => createClient({ url: gateway.url, token });
  };
  return {
    agent: await mint({ class: 'agent', name: agentName, groups: ['agents'], owner: 'olivia' }),
    dana: await mint({ class: 'person', name: 'dana' }),
    sam: await mint({ class: 'person', name: 'sam' }),
    operator,
  };
}

export async function observe(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'observer' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The balances of these accounts at the target, as another connection sees them. */
export async function balances(observer: Client, ...ids: readonly number[]): Promise<readonly number[]> {
  const { rows } = await observer.query<{ balance: number }>(
    'select balance from accounts where id = any($1) order by id',
    [ids],
  );
  return rows.map(({ balance }) => balance);
}

/** Holds accounts so that a write of them waits in the middle of its work, until it is let go of. */
export async function holdAccount(target: string, id: number): Promise<() => Promise<void>> {
  const blocker = await observe(target);
  await blocker.query('begin');
  await blocker.query('select 1 from accounts where id = $1 for update', [id]);
  return () => blocker.end();
}

/** Waits until a write of this text waits at the target. */
export const untilHeld = (observer: Client, text: string): Promise<void> =>
  until(async () => {
    const { rows } = await observer.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like $1",
      [`%${text}%`],
    );
    return rows.length > 0;
  });

export interface Told {
  readonly type: string;
  readonly call: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WholeRecord {
  readonly events: readonly Told[];
  readonly lines: readonly string[];
  readonly head: SignedHead;
  /** The types of a call's events, in order. */
  readonly of: (call: CallView) => readonly string[];
}

/** The whole ledger, which has to verify. */
export async function record(gateway: Gateway, folder: string): Promise<WholeRecord> {
  const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
  const lines = (await operator.events({ limit: 10_000 })).map((line) => JSON.stringify(line));
  const publicKey = readFileSync(join(folder, 'keys.pub'), 'utf8');
  const verified = await verifyLedger(lines, { publicKey });
  if (verified.verdict !== 'consistent') throw new Error(`the ledger: ${verified.reason}`);
  expect(verified.verdict).toBe('consistent');
  const events = lines.flatMap((line) => {
    const { event } = JSON.parse(line) as { event?: string };
    return event === undefined ? [] : [JSON.parse(event) as Told];
  });
  const of = (call: CallView) => events.filter((event) => event.call === call.id).map(({ type }) => type);
  return { events, lines, head: verified.head, of };
}
