import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@countersign/client';
import { type Gateway, startGateway } from '@countersign/gateway';
import { type LoadedFile, parsePolicyFile } from '@countersign/policy';
import { startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, rules, seed, submit } from '../gateway/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-reload-'));
const server = startPostgres();
let target: TestDatabase;
let gateway: Gateway;
/** What stands in the file, and a reader of it that may take its time. */
let text = rules;
let slowly: Promise<void> | null = null;

const parse = (given: string): LoadedFile =>
  parsePolicyFile(given, {
    file: 'countersign.yaml',
    env: { BANK_URL: target.url, OTHER_URL: `${target.url}?application_name=other` },
    directory: folder,
  });

beforeAll(async () => {
  target = await (await server).createDatabase({ seed });
  gateway = await startGateway({
    file: parse(rules),
    store: 'memory',
    load: async () => {
      const read = text;
      const wait = slowly;
      slowly = null;
      await wait;
      return parse(read);
    },
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
  });
});
afterAll(async () => {
  await gateway.close();
  await (await server).stop();
  rmSync(folder, { recursive: true });
});

/** Reloads twice at once: the first one has read the file before it was changed, and is slow about it. */
async function reloadTwice(first: string, second: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  text = first;
  slowly = promise;
  const one = gateway.reload('operator:one');
  text = second;
  const two = gateway.reload('operator:two');
  await Promise.race([two, new Promise((done) => setTimeout(done, 200))]);
  resolve();
  await Promise.all([one, two]);
}

const tightened = rules.replace(
  '{ name: read, actions: [read], then: allow }',
  '{ name: read, actions: [read], then: deny }',
);
const moved = rules.replace(
  'bank: { protocol: postgres, url: "${BANK_URL}"',
  'bank: { protocol: postgres, url: "${OTHER_URL}"',
);

describe('two reloads at once', () => {
  test('never 17: leave the policy in force that the file has had last', async () => {
    await reloadTwice(rules, tightened);
    expect(gateway.engine.policy.view().version).toBe(parse(tightened).policy.version);
  });

  test('leave every connection of the policy in force open', async () => {
    text = rules;
    await gateway.reload('operator:before');
    const next = [parse(moved), parse(rules)] as const;
    await Promise.all(next.map((file) => gateway.engine.policy.load(async () => file, 'operator:both')));
    const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
    const { token } = await operator.mintToken({
      class: 'agent',
      name: 'teller',
      groups: ['agents'],
      owner: 'olivia',
    });
    const agent = createClient({ url: gateway.url, token });
    // What a reload replaced is closed a moment later.
    await new Promise((done) => setTimeout(done, 500));
    expect(await execute(agent, await submit(agent, 'select 1 as one'))).toMatchObject({
      outcome: 'succeeded',
    });
  });
});
