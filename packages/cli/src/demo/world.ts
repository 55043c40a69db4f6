/** What the demo plays in: a PostgreSQL with a shop, a gateway with its policy, and a token for each who takes part. */

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@countersign/client';
import { consoleFiles } from '@countersign/console';
import { startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { startPostgres } from '@countersign/testing';
import type { Stage } from './stage.ts';

export interface World extends AsyncDisposable {
  readonly url: string;
  /** Where a browser on this machine opens the console, signed in as dana; once. */
  readonly consoleLink: string;
  readonly agentToken: string;
  /** Dana, who may vote. */
  readonly dana: Client;
  readonly operator: Client;
  /** The gateway's data folder. */
  readonly data: string;
}

/** Beside the package where it was packed, in the workspace where it runs from source. */
export function shopFile(name: string): string {
  const places = ['../../examples/shop/', '../../../../examples/shop/'];
  const found = places.map((place) => fileURLToPath(new URL(place + name, import.meta.url))).find(existsSync);
  if (found === undefined) throw new Error(`the example’s file ${name} is missing`);
  return found;
}

/** What the server's own programs say last is what helps. */
function notStarted(thrown: unknown): never {
  const said = thrown instanceof Error ? thrown.message.trim().split('\n').at(-1) : 'no reason is known';
  throw new Error(`PostgreSQL did not start: ${said}`, { cause: thrown });
}

/** Starts it all, on loopback and in a temporary folder. What was started is ended where a later part fails. */
export async function buildWorld(stage: Stage): Promise<World> {
  const ends: (() => Promise<void>)[] = [];
  const end = async () => {
    for (let step = ends.pop(); step !== undefined; step = ends.pop()) await step();
  };
  try {
    return { ...(await buildParts(stage, (step) => ends.push(step))), [Symbol.asyncDispose]: end };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}

/** @param atEnd Takes what ends a part that was started. */
async function buildParts(
  stage: Stage,
  atEnd: (step: () => Promise<void>) => void,
): Promise<Omit<World, typeof Symbol.asyncDispose>> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-demo-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const policy = shopFile('countersign.yaml');

  const url = await stage.during('a real PostgreSQL, with a small shop in it', async () => {
    const postgres = await startPostgres().catch(notStarted);
    atEnd(() => postgres.stop());
    const { url: shop } = await postgres.createDatabase({
      name: 'shop',
      seed: await readFile(shopFile('shop.sql'), 'utf8'),
    });
    return shop;
  });
  const gateway = await stage.during('a gateway, with the policy of examples/shop', async () => {
    const file = parsePolicyFile(await readFile(policy, 'utf8'), {
      file: policy,
      directory: folder,
      env: { SHOP_DB_URL: url },
    });
    const listen = { host: '127.0.0.1', port: 0 };
    const started = await startGateway({
      file,
      listen,
      logLevel: 'silent',
      console: consoleFiles,
      signInLinks: true,
    });
    atEnd(() => started.close());
    return started;
  });
  const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
  const agent = await operator.mintToken({
    class: 'agent',
    name: 'support',
    groups: ['agents'],
    owner: 'olivia',
  });
  const person = await operator.mintToken({ class: 'person', name: 'dana' });
  return {
    url: gateway.url,
    consoleLink: gateway.signInLink('local:dana'),
    agentToken: agent.token,
    dana: createClient({ url: gateway.url, token: person.token }),
    operator,
    data: join(folder, '.countersign'),
  };
}
