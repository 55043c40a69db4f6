/** Every minor version of the SDK from 0.16 on, as applications have it: what works, as docs/agents-sdk.md says. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Bank, openBank } from '../agents/parking.ts';
import type { Outcome, Scene, Script } from './play.ts';

/** The package of each version; its state schema is what the SDK of that version writes. */
const versions = [
  ['0.16', 'agents-0.16'],
  ['0.17', 'agents-0.17'],
  ['0.18', 'agents-0.18'],
  ['0.19', 'agents-0.19'],
  ['0.20', '@openai/agents'],
] as const;

let bank: Bank;
const closing = new AbortController();
let votes: Promise<void>;
beforeAll(async () => {
  bank = await openBank();
  votes = vote();
});
afterAll(async () => {
  closing.abort();
  await votes;
  await bank.close();
});

/** Approves what waits, but for what the script wants rejected. */
async function vote(): Promise<void> {
  const dana = await bank.harness.person('dana');
  while (!closing.signal.aborted) {
    for (const { id, digest, preview } of (await dana.listApprovals()).approvals)
      if (preview.input[0]?.text.includes('unwanted') === true)
        await dana.vote(id, { vote: 'reject', digest, reason: 'Unwanted.' });
      else await dana.vote(id, { vote: 'approve', digest });
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

const folder = fileURLToPath(new URL('.', import.meta.url));

async function runWith(sdk: string, script: Script): Promise<Outcome> {
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    COUNTERSIGN_TEST_SDK: sdk,
    COUNTERSIGN_URL: bank.harness.url,
    COUNTERSIGN_TOKEN: bank.token,
    COUNTERSIGN_STATE_KEY: bank.stateKey,
  };
  const flags = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, '--import', `${folder}with-sdk.ts`, `${folder}play.ts`, JSON.stringify(script)],
    { env },
  );
  return JSON.parse(stdout) as Outcome;
}

const documented = async () =>
  (await readFile(new URL('../../docs/agents-sdk.md', import.meta.url), 'utf8')).replace(/ +/g, ' ');

const word = (works: boolean) => (works ? 'yes' : 'no');

test.each(versions)(
  '%s: what it does with guarded tools is what the table says',
  async (version, sdk) => {
    const statements: Record<Scene, string> = {
      approved: bank.withdraw(),
      rejected: `${bank.withdraw()} and owner <> 'unwanted'`,
      parallel: bank.withdraw(),
      nested: bank.withdraw(),
      streamed: bank.withdraw(),
    };
    const told = await runWith(sdk, { act: 'play', statements });
    const [approved = '', rejected = '', parallel = '', nested = '', streamed = ''] = told;
    const balances = [];
    for (const before of [4, 3, 2, 1, 0]) balances.push(await bank.balance(before));
    const works = [
      approved.includes('affected') && balances[0] === 90,
      rejected.includes('NOT EXECUTED (rejected)') && balances[1] === 100,
      parallel.includes('affected') && parallel.includes('free') && balances[2] === 90,
      nested.includes('affected') && balances[3] === 90,
      streamed.includes('affected') && balances[4] === 90,
    ];
    expect(await documented()).toContain(`| ${version} | ${works.map(word).join(' | ')} |`);
  },
  90_000,
);

test('a run that one version parked goes on under another, or is refused, as the table says', async () => {
  const rows = [];
  const parked: { readonly by: string; readonly ids: Outcome; readonly statements: readonly string[] }[] = [];
  for (const [by, sdk] of versions) {
    const statements = versions.map(() => bank.withdraw());
    parked.push({ by, statements, ids: await runWith(sdk, { act: 'park', statements }) });
  }
  const told = [];
  for (const [column, [, sdk]] of versions.entries()) {
    const statements = Object.fromEntries(parked.map((run) => [run.ids[column], run.statements[column]]));
    told.push(await runWith(sdk, { act: 'resume', statements: statements as Record<string, string> }));
  }
  for (const [row, { by, ids }] of parked.entries()) {
    const cells = told.map((of) => of[row] ?? '');
    for (const cell of cells) expect(cell).toMatch(/affected|^state_outdated$/);
    rows.push(`| ${by} | ${cells.map((cell) => word(cell.includes('affected'))).join(' | ')} |`);
    for (const id of ids) await bank.gateway.finish(id).catch(() => {});
  }
  for (const row of rows) expect(await documented()).toContain(row);
  const went = told.flat().filter((cell) => cell.includes('affected')).length;
  const { rows: done } = await bank.harness.observer.query<{ n: number }>(
    'select count(*)::int as n from accounts where balance = 90',
  );
  // Four of the scenes of each version ran as well.
  expect(done[0]?.n).toBe(went + 4 * versions.length);
}, 180_000);
