/** Parked runs: a run outlives its process, and what was approved meanwhile runs once, wherever it goes on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { gatewayClient, guardedTool } from '@countersign/agents';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Agent, RunState, tool } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Job } from './parked-run-process.ts';
import { type Bank, openBank } from './parking.ts';
import { agentOf, runner } from './teller.ts';

const script = fileURLToPath(new URL('parked-run-process.ts', import.meta.url));

let bank: Bank;
const children: ChildProcess[] = [];
beforeAll(async () => {
  bank = await openBank();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => bank.close());

interface Did {
  readonly parked?: string;
  readonly told?: Readonly<Record<string, string>>;
  readonly failed?: string;
}

/** Starts an application; `next` is what it says next, `ended` its exit code. */
function application(job: Job) {
  const env = {
    ...process.env,
    COUNTERSIGN_URL: bank.harness.url,
    COUNTERSIGN_TOKEN: bank.token,
    COUNTERSIGN_STATE_KEY: bank.stateKey,
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

const toldBy = (output: unknown) => JSON.parse(String(output)) as Readonly<Record<string, string>>;
async function claimsOf(run: string | undefined): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::float8 as n from events where bytes::json->>'type' = 'call.claimed' and bytes::json->>'run' = ${run}`.execute(
    bank.store,
  );
  return rows[0]?.n ?? 0;
}

describe('across processes', () => {
  test('never 07 and 08: a run whose process was killed goes on in another, days later, and what was approved runs once', async () => {
    const turns = [['select 1 as one', bank.withdraw()], ['select 2 as two']];
    const first = application({ do: 'start', turns, stay: true });
    const { parked: id = '' } = await first.next();
    await first.kill();
    const waiting = await bank.parkedRun(id);
    expect(waiting).toMatchObject({ waiting: 1, leased_until: null });
    await bank.passDays(3);
    await bank.decide();
    await bank.passDays(3);
    expect(await bank.parkedRun(id)).toMatchObject({ waiting: 0, leased_until: null });
    expect(await bank.balance()).toBe(100);
    const second = application({ do: 'resume', turns, id });
    const { told = {} } = await second.next();
    expect(await second.ended).toBe(0);
    expect(JSON.parse(told['call_0_1'] ?? '')).toMatchObject({ affected: 1 });
    expect(Object.keys(told)).toEqual(['call_0_0', 'call_0_1', 'call_1_0']);
    expect(await bank.balance()).toBe(90);
    expect(await claimsOf(waiting?.run)).toBe(3);
    expect(await bank.parkedRun(id)).toBeUndefined();
  });

  test('never 07: the same parked state resumed twice, the first time by a process that was killed, executes once', async () => {
    const turns = [[bank.withdraw()]];
    const { id } = await bank.park(turns);
    await bank.decide();
    const first = application({ do: 'resume', turns, id, unfinished: true, stay: true });
    const before = await first.next();
    await first.kill();
    expect(await bank.balance()).toBe(90);
    await expect(bank.gateway.unpark(id)).rejects.toMatchObject({
      code: 'run_taken',
      message: 'Another process has taken this parked run.',
    });
    await bank.passDays(1);
    const second = application({ do: 'resume', turns, id });
    // The second is told what the first was told: the recorded outcome.
    expect(await second.next()).toEqual(before);
    expect(await second.ended).toBe(0);
    expect(await bank.balance()).toBe(90);
  });

  test('never 18: of two processes that take a run at once, one gets it', async () => {
    const turns = [[bank.withdraw()]];
    const { id } = await bank.park(turns);
    await bank.decide();
    const both = [0, 1].map(() => application({ do: 'resume', turns, id, unfinished: true }));
    const did = await Promise.all(both.map(({ next }) => next()));
    expect(did.map(({ failed = 'none' }) => failed).sort()).toEqual(['none', 'run_taken']);
    expect(await bank.balance()).toBe(90);
  });
});

test('never 02: what was rejected while the run was parked does not run, and the model reads why', async () => {
  const turns = [[bank.withdraw()]];
  const { id } = await bank.park(turns);
  await bank.decide('reject', 'Not this one.');
  const { finalOutput } = await bank.goOn(id, turns);
  expect(toldBy(finalOutput)['call_0_0']).toMatch(/^NOT EXECUTED \(rejected\)\. .*Not this one\./);
  expect(await bank.balance()).toBe(100);
});

test('never 13: an approval that came too early for a run parked longer than start_within is no approval any more', async () => {
  const turns = [[bank.withdraw()]];
  const { id } = await bank.park(turns);
  await bank.decide();
  await bank.passDays(8);
  const { finalOutput } = await bank.goOn(id, turns);
  expect(toldBy(finalOutput)['call_0_0']).toMatch(/^NOT EXECUTED \(expired\)\./);
  expect(await bank.balance()).toBe(100);
});

test('a run that still waits is parked again under its id, as often as it takes', async () => {
  const turns = [[bank.withdraw()], [bank.withdraw().replace('- 10', '- 20')]];
  const { id } = await bank.park(turns);
  const agent = agentOf(bank.gateway, turns);
  const undecided = await runner.run(agent, await RunState.fromString(agent, await bank.gateway.unpark(id)));
  expect(bank.gateway.pending(undecided)).toHaveLength(1);
  expect(await bank.gateway.park(undecided)).toBe(id);
  expect(await bank.parkedRun(id)).toMatchObject({ waiting: 1, leased_until: null });
  await bank.decide();
  const second = await bank.goOn(id, turns);
  expect(bank.gateway.pending(second)).toHaveLength(1);
  expect(await bank.gateway.park(second)).toBe(id);
  await bank.decide();
  expect((await bank.goOn(id, turns)).finalOutput).toContain('"call_1_0"');
  await bank.gateway.finish(id);
  expect([await bank.balance(1), await bank.balance()]).toEqual([90, 80]);
});

test('without a wait, the SDK’s own resume runs what was approved while the run was parked', async () => {
  const turns = [[bank.withdraw()]];
  const { id } = await bank.park(turns);
  await bank.decide();
  const agent = agentOf(bank.gateway, turns);
  await runner.run(agent, await RunState.fromString(agent, await bank.gateway.unpark(id)));
  expect(await bank.balance()).toBe(90);
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
  const { id } = await bank.park(turns, {}, bank.gateway, [mail]);
  const agent = agentOf(bank.gateway, turns, [mail]);
  const state = await RunState.fromString(agent, await bank.gateway.unpark(id));
  for (const item of state.getInterruptions()) state.approve(item);
  expect((await runner.run(agent, state)).finalOutput).toContain('sent 1');
  await bank.gateway.finish(id);
});

test('a tool of the application’s own runs again where a run is taken up again, a guarded call does not', async () => {
  let sent = 0;
  const mail = tool({
    name: 'send_mail',
    description: 'Sends a mail.',
    parameters: z.object({ to: z.string() }),
    execute: () => `sent ${++sent}`,
  });
  const turns = [[bank.withdraw()]];
  const both = () => {
    const agent = agentOf(bank.gateway, turns, [guardedTool({ gateway: bank.gateway, sql: 'bank' }), mail]);
    const turn = modelResponder(({ request }) => {
      const told = JSON.stringify(request.input);
      if (!told.includes('affected'))
        return [functionCall('bank_query', { sql: turns[0]?.[0] }, { callId: 'a' })];
      if (!told.includes('sent')) return [functionCall('send_mail', { to: 'ada' }, { callId: 'b' })];
      return [assistantMessage('done')];
    });
    agent.model = new ScriptedModel([turn, turn, turn]);
    return agent;
  };
  const id = await bank.gateway.park(await runner.run(both(), 'go', { context: {} }));
  await bank.decide();
  for (const time of [1, 2]) {
    const agent = both();
    await runner.run(agent, await RunState.fromString(agent, await bank.gateway.unpark(id)));
    expect(sent).toBe(time);
    // As if this process had died.
    await bank.passDays(1);
  }
  expect(await bank.balance()).toBe(90);
});

test('never 07: an earlier state of the same run that is put back in the store executes nothing again', async () => {
  const turns = [[bank.withdraw()], [bank.withdraw()]];
  const { id } = await bank.park(turns);
  const { rows } = await sql<{ state: string }>`
    select encode(state, 'hex') as state from parked_runs where id = ${id}`.execute(bank.store);
  await bank.decide();
  await bank.gateway.park(await bank.goOn(id, turns));
  await sql`update parked_runs set state = decode(${rows[0]?.state}, 'hex') where id = ${id}`.execute(
    bank.store,
  );
  await bank.decide();
  expect(
    await bank.goOn(id, turns).then(({ finalOutput, interruptions }) => [finalOutput, interruptions]),
  ).toEqual([expect.stringContaining('"call_1_0"'), []]);
  expect([await bank.balance(1), await bank.balance()]).toEqual([90, 90]);
  await bank.gateway.finish(id);
});

test('after its lease lapsed and another process took the run, the first can neither park nor finish it', async () => {
  const turns = [[bank.withdraw()]];
  const { id } = await bank.park(turns);
  const agent = agentOf(bank.gateway, turns);
  const first = await runner.run(agent, await RunState.fromString(agent, await bank.gateway.unpark(id)));
  await bank.passDays(1);
  const second = gatewayClient({ url: bank.harness.url, token: bank.token, stateKey: bank.stateKey });
  guardedTool({ gateway: second, sql: 'bank' });
  await second.unpark(id);
  await expect(bank.gateway.park(first)).rejects.toMatchObject({
    code: 'lease_lost',
    message: expect.stringMatching(/another process took the run/),
  });
  await expect(bank.gateway.finish(id)).rejects.toMatchObject({ code: 'run_taken' });
  await second.finish(id);
});

test.each([
  ['a frozen context', () => Object.freeze({ user: 'ada' }), 'does not keep the run’s id'],
  ['a context of a class', () => new URLSearchParams('user=ada'), 'cannot be written down'],
])('a run with %s works in memory and is not parked, with a clear code', async (_what, context, why) => {
  const turns = [[bank.withdraw()]];
  const result = await runner.run(agentOf(bank.gateway, turns), 'go', { context: context() });
  await expect(bank.gateway.park(result)).rejects.toMatchObject({
    code: 'not_parkable',
    message: expect.stringMatching(why),
  });
  await bank.decide();
  await bank.gateway.applyVotes(result.state);
  await runner.run(agentOf(bank.gateway, turns), result.state);
  expect(await bank.balance()).toBe(90);
});

test('never 09: a nested agent’s call waits in a parked run as its own, and runs once where the run goes on', async () => {
  const turns = [[bank.withdraw()]];
  const build = () => {
    const clerk = agentOf(bank.gateway, turns);
    const ask = clerk.asTool({ toolName: 'ask_clerk', toolDescription: 'Asks the clerk.' });
    const turn = modelResponder(({ request }) =>
      JSON.stringify(request.input).includes('affected')
        ? [assistantMessage('done')]
        : [functionCall('ask_clerk', { input: 'go' }, { callId: 'clerk' })],
    );
    return new Agent({ name: 'Outer', model: new ScriptedModel([turn, turn]), tools: [ask] });
  };
  const paused = await runner.run(build(), 'go', { stream: true });
  await paused.completed;
  expect(bank.gateway.pending(paused)).toMatchObject([{ agent: 'Teller', tool: 'bank_query' }]);
  const id = await bank.gateway.park(paused);
  await bank.decide();
  const agent = build();
  const state = await RunState.fromString(agent, await bank.gateway.unpark(id));
  await bank.gateway.applyVotes(state);
  expect((await runner.run(agent, state)).finalOutput).toBe('done');
  await bank.gateway.finish(id);
  expect(await bank.balance()).toBe(90);
});

test('an application that names its runs parks them under that name', async () => {
  const named = gatewayClient<{ readonly ticket: string }>({
    url: bank.harness.url,
    token: bank.token,
    stateKey: bank.stateKey,
    runId: ({ context }) => context.ticket,
  });
  const turns = [[bank.withdraw()]];
  const { id } = await bank.park(turns, { ticket: 'T-78' }, named);
  expect(await bank.parkedRun(id)).toMatchObject({ run: 'T-78' });
  await bank.decide();
  await bank.goOn(id, turns, named);
  await named.finish(id);
  expect(await bank.balance()).toBe(90);
});

test('never 42: the gateway keeps nothing of a state in clear, and the state nothing that was masked', async () => {
  const turns = [['select email from accounts where id = 7', bank.withdraw()]];
  const { id, result } = await bank.park(turns, { note: 'the-context-of-the-application' });
  expect(result.state.toString()).toContain('the-context-of-the-application');
  expect(result.state.toString()).not.toContain('p7@example.com');
  const { rows } = await sql<{ text: string }>`
    select row_to_json(p)::text || encode(p.state, 'escape') as text from parked_runs p
    union all select bytes from events union all select encode(box, 'escape') from contents`.execute(
    bank.store,
  );
  expect(rows.length).toBeGreaterThan(2);
  for (const { text } of rows) {
    expect(text).not.toContain('the-context-of-the-application');
    expect(text).not.toContain('$schemaVersion');
  }
  await bank.gateway.finish(id);
});
