/** Parked runs: a run outlives its process, and what was approved meanwhile runs once, wherever it goes on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { type GatewayClient, gatewayClient, guardedTool } from '@countersign/agents';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Agent, RunState, tool } from '@openai/agents';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Harness, rules, startHarness } from '../gateway/harness.ts';
import type { Job } from './parked-run-process.ts';
import { agentOf, runner, type Turns } from './teller.ts';

const stateKey = randomBytes(32).toString('base64');
const script = fileURLToPath(new URL('parked-run-process.ts', import.meta.url));
const ofDays = rules
  .replace('vote_within: 1h, start_within: 10m', 'vote_within: 7d, start_within: 7d')
  .concat('masks:\n  - { columns: [public.accounts.email], with: redact }\n');

let harness: Harness;
let token: string;
let gateway: GatewayClient;
const children: ChildProcess[] = [];
beforeAll(async () => {
  harness = await startHarness({ policy: ofDays });
  token = (await harness.mint({ class: 'agent', name: 'teller', groups: ['agents'], owner: 'olivia' })).token;
  gateway = gatewayClient({ url: harness.url, token, stateKey });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => harness.close());

const store = () => harness.gateway.engine.store.db;
let account = 0;
/** A statement on an account that no other test touches: running it twice shows. */
const withdraw = () => `update accounts set balance = balance - 10 where id = ${++account}`;
const balance = async (id = account): Promise<unknown> =>
  (await harness.observer.query<{ balance: number }>('select balance from accounts where id = $1', [id]))
    .rows[0]?.balance;

/** As if the days had passed: the clocks of the calls and of the leases lie so much earlier. */
async function passDays(days: number): Promise<void> {
  const span = sql`${days}::float8 * interval '1 day'`;
  await sql`update calls set vote_by = vote_by - ${span}, start_by = start_by - ${span}`.execute(store());
  await sql`update parked_runs set leased_until = leased_until - ${span}`.execute(store());
}

async function decide(how: 'approve' | 'reject' = 'approve', reason?: string): Promise<void> {
  const dana = await harness.person('dana');
  for (const { id, digest } of (await dana.listApprovals()).approvals)
    await dana.vote(id, { vote: how, digest, ...(reason === undefined ? {} : { reason }) });
}

interface Did {
  readonly parked?: string;
  readonly told?: Readonly<Record<string, string>>;
  readonly failed?: string;
}

/** Starts an application; `next` is what it says next, `ended` its exit code. */
function application(job: Job) {
  const env = {
    ...process.env,
    COUNTERSIGN_URL: harness.url,
    COUNTERSIGN_TOKEN: token,
    COUNTERSIGN_STATE_KEY: stateKey,
    NODE_OPTIONS: '',
  };
  const flags = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, script, JSON.stringify(job)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as Did;
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { next, ended, kill };
}

/** A paused run in this process, parked. */
async function park(turns: Turns, context: object = {}, as = gateway, tools?: Agent['tools']) {
  const result = await runner.run(agentOf(as, turns, tools), 'go', { context });
  return { id: await as.park(result), result };
}

/** Takes a parked run and goes on with it, as far as it goes. */
async function goOn(id: string, turns: Turns, as = gateway, tools?: Agent['tools']) {
  const agent = agentOf(as, turns, tools);
  const state = await RunState.fromString(agent, await as.unpark(id));
  await as.applyVotes(state);
  return runner.run(agent, state);
}

const toldBy = (output: unknown) => JSON.parse(String(output)) as Readonly<Record<string, string>>;
const parkedRun = async (id: string) => (await gateway.parkedRuns()).find((parked) => parked.id === id);

async function claimsOf(run: string | undefined): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::float8 as n from events where bytes::json->>'type' = 'call.claimed' and bytes::json->>'run' = ${run}`.execute(
    store(),
  );
  return rows[0]?.n ?? 0;
}

describe('across processes', () => {
  test('never 07 and 08: a run whose process was killed goes on in another, days later, and what was approved runs once', async () => {
    const turns = [['select 1 as one', withdraw()], ['select 2 as two']];
    const first = application({ do: 'start', turns, stay: true });
    const { parked: id = '' } = await first.next();
    await first.kill();
    const waiting = await parkedRun(id);
    expect(waiting).toMatchObject({ waiting: 1, leased_until: null });
    await passDays(3);
    await decide();
    await passDays(3);
    expect(await parkedRun(id)).toMatchObject({ waiting: 0, leased_until: null });
    expect(await balance()).toBe(100);
    const second = application({ do: 'resume', turns, id });
    const { told = {} } = await second.next();
    expect(await second.ended).toBe(0);
    expect(JSON.parse(told['call_0_1'] ?? '')).toMatchObject({ affected: 1 });
    expect(Object.keys(told)).toEqual(['call_0_0', 'call_0_1', 'call_1_0']);
    expect(await balance()).toBe(90);
    expect(await claimsOf(waiting?.run)).toBe(3);
    expect(await parkedRun(id)).toBeUndefined();
  });

  test('never 07: the same parked state resumed twice, the first time by a process that was killed, executes once', async () => {
    const turns = [[withdraw()]];
    const { id } = await park(turns);
    await decide();
    const first = application({ do: 'resume', turns, id, unfinished: true, stay: true });
    const before = await first.next();
    await first.kill();
    expect(await balance()).toBe(90);
    await expect(gateway.unpark(id)).rejects.toMatchObject({
      code: 'run_taken',
      message: 'Another process has taken this parked run.',
    });
    await passDays(1);
    const second = application({ do: 'resume', turns, id });
    // The second is told what the first was told: the recorded outcome.
    expect(await second.next()).toEqual(before);
    expect(await second.ended).toBe(0);
    expect(await balance()).toBe(90);
  });

  test('never 18: of two processes that take a run at once, one gets it', async () => {
    const turns = [[withdraw()]];
    const { id } = await park(turns);
    await decide();
    const both = [0, 1].map(() => application({ do: 'resume', turns, id, unfinished: true }));
    const did = await Promise.all(both.map(({ next }) => next()));
    expect(did.map(({ failed = 'none' }) => failed).sort()).toEqual(['none', 'run_taken']);
    expect(await balance()).toBe(90);
  });
});

test('never 02: what was rejected while the run was parked does not run, and the model reads why', async () => {
  const turns = [[withdraw()]];
  const { id } = await park(turns);
  await decide('reject', 'Not this one.');
  const { finalOutput } = await goOn(id, turns);
  expect(toldBy(finalOutput)['call_0_0']).toMatch(/^NOT EXECUTED \(rejected\)\. .*Not this one\./);
  expect(await balance()).toBe(100);
});

test('never 13: an approval that came too early for a run parked longer than start_within is no approval any more', async () => {
  const turns = [[withdraw()]];
  const { id } = await park(turns);
  await decide();
  await passDays(8);
  const { finalOutput } = await goOn(id, turns);
  expect(toldBy(finalOutput)['call_0_0']).toMatch(/^NOT EXECUTED \(expired\)\./);
  expect(await balance()).toBe(100);
});

test('a run that still waits is parked again under its id, as often as it takes', async () => {
  const turns = [[withdraw()], [withdraw().replace('- 10', '- 20')]];
  const { id } = await park(turns);
  const agent = agentOf(gateway, turns);
  const undecided = await runner.run(agent, await RunState.fromString(agent, await gateway.unpark(id)));
  expect(gateway.pending(undecided)).toHaveLength(1);
  expect(await gateway.park(undecided)).toBe(id);
  expect(await parkedRun(id)).toMatchObject({ waiting: 1, leased_until: null });
  await decide();
  const second = await goOn(id, turns);
  expect(gateway.pending(second)).toHaveLength(1);
  expect(await gateway.park(second)).toBe(id);
  await decide();
  expect((await goOn(id, turns)).finalOutput).toContain('"call_1_0"');
  await gateway.finish(id);
  expect([await balance(account - 1), await balance()]).toEqual([90, 80]);
});

test('without a wait, the SDK’s own resume runs what was approved while the run was parked', async () => {
  const turns = [[withdraw()]];
  const { id } = await park(turns);
  await decide();
  const agent = agentOf(gateway, turns);
  await runner.run(agent, await RunState.fromString(agent, await gateway.unpark(id)));
  expect(await balance()).toBe(90);
});

test('a run that also waits for a tool of the application’s own is parked like any other', async () => {
  let sent = 0;
  const mail = tool({
    name: 'bank_query',
    description: 'Sends a mail.',
    parameters: z.object({ sql: z.string() }),
    needsApproval: true,
    execute: () => `sent ${++sent}`,
  });
  const turns = [['a mail']];
  const { id } = await park(turns, {}, gateway, [mail]);
  const agent = agentOf(gateway, turns, [mail]);
  const state = await RunState.fromString(agent, await gateway.unpark(id));
  for (const item of state.getInterruptions()) state.approve(item);
  expect((await runner.run(agent, state)).finalOutput).toContain('sent 1');
  await gateway.finish(id);
});

describe('a state that does not fit is an error, and the run can be taken by who it fits:', () => {
  const turns = [['update accounts set balance = 0 where id = 50']];
  const takeable = async (id: string) => {
    expect(await parkedRun(id)).toMatchObject({ leased_until: null });
    await gateway.finish(id);
  };

  test('under another state key', async () => {
    const { id } = await park(turns);
    const other = gatewayClient({ url: harness.url, token, stateKey: randomBytes(32) });
    guardedTool({ gateway: other, sql: 'bank' });
    await expect(other.unpark(id)).rejects.toMatchObject({
      code: 'state_unreadable',
      message: expect.stringMatching('expected the state key it was parked with'),
    });
    await takeable(id);
  });

  test.each([
    ['its bytes', sql`state = set_byte(state, 40, get_byte(state, 40) # 1)`],
    ['its end', sql`state = substring(state for length(state) - 1)`],
    ['its schema version', sql`schema_version = '1.21'`],
    ['its fingerprint', sql`fingerprint = ${'0'.repeat(64)}`],
    ['its run', sql`run = 'another-run'`],
  ])('edited on the way: %s', async (_what, change) => {
    const { id } = await park(turns);
    await sql`update parked_runs set ${change} where id = ${id}`.execute(store());
    await expect(gateway.unpark(id)).rejects.toMatchObject({ code: 'state_unreadable' });
    await takeable(id);
  });

  test('moved to another principal', async () => {
    const { id } = await park(turns);
    const minted = await harness.mint({ class: 'agent', name: 'other', owner: 'olivia', groups: ['agents'] });
    const other = gatewayClient({ url: harness.url, token: minted.token, stateKey });
    guardedTool({ gateway: other, sql: 'bank' });
    await expect(other.unpark(id)).rejects.toMatchObject({ code: 'not_found' });
    await sql`update parked_runs set principal = 'agent:other' where id = ${id}`.execute(store());
    await expect(other.unpark(id)).rejects.toMatchObject({ code: 'state_unreadable' });
    await other.finish(id);
  });

  test('for another person', async () => {
    const { id } = await park(turns);
    const kims = await harness.mint({
      class: 'agent',
      name: 'teller',
      owner: 'olivia',
      groups: ['agents'],
      on_behalf_of: 'kim',
    });
    const other = gatewayClient({ url: harness.url, token: kims.token, stateKey });
    await expect(other.unpark(id)).rejects.toMatchObject({ code: 'not_found' });
    await takeable(id);
  });

  test.each([
    ['is not guarded any more', () => [], /this process has made no guarded tool bank_query for bank/],
    [
      'has another name',
      (as: GatewayClient) => [guardedTool({ gateway: as, sql: 'bank', name: 'sql' })],
      /no guarded tool bank_query/,
    ],
    [
      'reaches another connection',
      (as: GatewayClient) => [guardedTool({ gateway: as, sql: 'vault', name: 'bank_query' })],
      /the guarded tool bank_query is another one here/,
    ],
  ])('where its tool %s', async (_what, tools, why) => {
    const { id } = await park(turns);
    const other = gatewayClient({ url: harness.url, token, stateKey });
    tools(other);
    const refused = other.unpark(id);
    await expect(refused).rejects.toMatchObject({
      code: 'state_outdated',
      message: expect.stringMatching(why),
    });
    await expect(refused).rejects.toThrow(
      /resume it where it fits .*, reject what it waits for, or drop it with finish\(id\)/,
    );
    await takeable(id);
  });

  test('of an SDK that writes what the one here does not read', async () => {
    const agent = agentOf(gateway, turns);
    const { state, interruptions } = await runner.run(agent, 'go', { context: {} });
    const older = state.toString().replace('"$schemaVersion":"1.22"', '"$schemaVersion":"1.19"');
    const written = {
      _context: state._context,
      getInterruptions: () => interruptions,
      approve: () => {},
      reject: () => {},
      toString: () => older,
    };
    const id = await gateway.park({ state: written, interruptions });
    expect(await parkedRun(id)).toMatchObject({ schema_version: '1.19' });
    await expect(gateway.unpark(id)).rejects.toMatchObject({
      code: 'state_outdated',
      message: expect.stringMatching(/state schema 1\.19; here it is 1\.22.*drop it with finish\(id\)/),
    });
    await takeable(id);
  });
});

test('after its lease lapsed and another process took the run, the first can neither park nor finish it', async () => {
  const turns = [[withdraw()]];
  const { id } = await park(turns);
  const agent = agentOf(gateway, turns);
  const first = await runner.run(agent, await RunState.fromString(agent, await gateway.unpark(id)));
  await passDays(1);
  const second = gatewayClient({ url: harness.url, token, stateKey });
  guardedTool({ gateway: second, sql: 'bank' });
  await second.unpark(id);
  await expect(gateway.park(first)).rejects.toMatchObject({
    code: 'lease_lost',
    message: expect.stringMatching(/another process took the run/),
  });
  await expect(gateway.finish(id)).rejects.toMatchObject({ code: 'run_taken' });
  await second.finish(id);
});

test.each([
  ['a frozen context', () => Object.freeze({ user: 'ada' }), 'does not keep the run’s id'],
  ['a context of a class', () => new URLSearchParams('user=ada'), 'cannot be written down'],
])('a run with %s works in memory and is not parked, with a clear code', async (_what, context, why) => {
  const turns = [[withdraw()]];
  const result = await runner.run(agentOf(gateway, turns), 'go', { context: context() });
  await expect(gateway.park(result)).rejects.toMatchObject({
    code: 'not_parkable',
    message: expect.stringMatching(why),
  });
  await decide();
  await gateway.applyVotes(result.state);
  await runner.run(agentOf(gateway, turns), result.state);
  expect(await balance()).toBe(90);
});

test('an application that names its runs parks them under that name', async () => {
  const named = gatewayClient<{ readonly ticket: string }>({
    url: harness.url,
    token,
    stateKey,
    runId: ({ context }) => context.ticket,
  });
  const turns = [[withdraw()]];
  const { id } = await park(turns, { ticket: 'T-78' }, named);
  expect(await parkedRun(id)).toMatchObject({ run: 'T-78' });
  await decide();
  await goOn(id, turns, named);
  await named.finish(id);
  expect(await balance()).toBe(90);
});

test('never 42: the gateway keeps nothing of a state in clear, and the state nothing that was masked', async () => {
  const turns = [['select email from accounts where id = 7', withdraw()]];
  const { id, result } = await park(turns, { note: 'the-context-of-the-application' });
  expect(result.state.toString()).toContain('the-context-of-the-application');
  expect(result.state.toString()).not.toContain('p7@example.com');
  const { rows } = await sql<{ text: string }>`
    select row_to_json(p)::text || encode(p.state, 'escape') as text from parked_runs p
    union all select bytes from events union all select encode(box, 'escape') from contents`.execute(store());
  expect(rows.length).toBeGreaterThan(2);
  for (const { text } of rows) {
    expect(text).not.toContain('the-context-of-the-application');
    expect(text).not.toContain('$schemaVersion');
  }
  await gateway.finish(id);
});
