/** The example works: processes that ask end, people decide while none is there, and workers go on with what they left. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { approve, reject, scriptedApprover, testGateway } from '@countersign/testing';
import { expect, test } from '@jest/globals';

const start = (approver: ReturnType<typeof scriptedApprover>) =>
  testGateway({
    config: new URL('countersign.yaml', import.meta.url),
    agent: { name: 'support', groups: ['agents'] },
    databases: { 'shop-db': { seed: '../shop/shop.sql' } },
    approver,
  });

type Gateway = Awaited<ReturnType<typeof start>>;

const stateKey = randomBytes(32).toString('hex');

async function run(gateway: Gateway, script: string, ...given: readonly string[]): Promise<string> {
  const { OPENAI_API_KEY: _, ...rest } = process.env;
  const env = {
    ...rest,
    NODE_OPTIONS: '',
    COUNTERSIGN_URL: gateway.url,
    COUNTERSIGN_TOKEN: gateway.agentToken,
    COUNTERSIGN_STATE_KEY: stateKey,
  };
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning', path, ...given],
    { env },
  );
  expect(stderr).toBe('');
  return stdout;
}

/** What ran, by the ledger. */
const ran = async (gateway: Gateway) => (await gateway.calls()).filter(({ executed }) => executed).length;

test('three runs are parked, two are decided, and two workers finish those, each once', async () => {
  const later = Promise.withResolvers<ReturnType<typeof approve>>();
  const approver = scriptedApprover([approve(), reject('Not without photos.'), () => later.promise]);
  await using gateway = await start(approver);
  const parked: string[] = [];
  for (const order of [1042, 1043, 1044]) {
    const said = await run(gateway, 'ask.ts', `Refund order ${order}`);
    expect(said).toMatch(/^parked park_[0-9a-z]{22}\n$/);
    parked.push(said.trim().slice('parked '.length));
  }
  const waiting = async () => (await gateway.agent.listParkedRuns()).runs.map((run) => [run.id, run.waiting]);
  for (let tries = 0; tries < 100 && (await waiting()).filter(([, count]) => count === 1).length > 1; tries++)
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  const [first, second, third] = parked;
  expect(await waiting()).toEqual([
    [first, 0],
    [second, 0],
    [third, 1],
  ]);
  expect(await ran(gateway)).toBe(0);

  const said = await Promise.all([run(gateway, 'worker.ts', '--once'), run(gateway, 'worker.ts', '--once')]);
  expect(said.join('').trim().split('\n').sort()).toEqual(
    [`${first} Order 1042 is refunded.`, `${second} Order 1043 could not be refunded.`].sort(),
  );
  expect(await waiting()).toEqual([[third, 1]]);

  later.resolve(approve());
  for (let tries = 0; tries < 100 && (await waiting())[0]?.[1] !== 0; tries++)
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  expect(await run(gateway, 'worker.ts', '--once')).toBe(`${third} Order 1044 is refunded.\n`);
  expect(await waiting()).toEqual([]);
  expect(await ran(gateway)).toBe(2);
  approver.assertComplete();
}, 60_000);
