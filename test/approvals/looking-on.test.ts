/** What people see of what waits and of what happened: the card, the runs, the connections, the policy. Two gateways, one store. */
import type { Client } from '@countersign/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, type Harness, refusal, startHarness, submit, vote } from '../gateway/harness.ts';

const policy = `
version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  sam: { groups: [dba, security], accounts: ["local:sam"] }
  kim: { groups: [security], accounts: ["local:kim"] }
  olivia: { groups: [], accounts: ["local:olivia"] }
  eve: { groups: [sales], accounts: ["local:eve"] }
connections:
  bank: { protocol: postgres, url: "\${BANK_URL}", labels: { env: production } }
rules:
  - { name: read, actions: [read], then: allow }
  - { name: a dba, actions: [write], then: { ask: { approvers: [dba] } } }
  - { name: security too, actions: [write], then: { ask: { approvers: [security], votes: 2 } } }
`;

let harness: Harness;
let agent: Client;
let [dana, sam, kim, olivia, eve, auditor] = [] as unknown as [
  Client,
  Client,
  Client,
  Client,
  Client,
  Client,
];
beforeAll(async () => {
  harness = await startHarness({ policy, on: 'postgres' });
  agent = await harness.agent();
  [dana, sam, kim, olivia, eve] = (await Promise.all(
    ['dana', 'sam', 'kim', 'olivia', 'eve'].map((name) => harness.person(name)),
  )) as [Client, Client, Client, Client, Client];
  ({ client: auditor } = await harness.mint({ class: 'auditor', name: 'eyes' }));
});
afterAll(() => harness.close());

const change = (n: number) => `update accounts set balance = ${n} where id = 1`;
const idOf = (call: { approval: string | null }) => call.approval as Parameters<Client['getApproval']>[0];

describe('the card', () => {
  test('says who counts for which group, how I voted, and what I may still do', async () => {
    const call = await submit(agent, change(1));
    const id = idOf(call);
    expect(await sam.getApproval(id)).toMatchObject({ may_vote: true, my_vote: null, may_comment: true });
    await vote(sam, call);
    const seen = await dana.getApproval(id);
    expect(seen.asks).toMatchObject([
      { approvers: ['dba'], votes: 1, approved_by: ['sam'], met: true, rules: ['a dba'] },
      { approvers: ['security'], votes: 2, approved_by: [], met: false, rules: ['security too'] },
    ]);
    await vote(dana, call);
    // The best assignment: sam counts where nobody else can.
    expect((await kim.getApproval(id)).asks.map(({ approved_by: by, met }) => [by, met])).toEqual([
      [['dana'], true],
      [['sam'], false],
    ]);
    expect(await sam.getApproval(id)).toMatchObject({
      may_vote: false,
      may_not_vote_code: 'already_voted',
      my_vote: 'approve',
    });
    expect(await olivia.getApproval(id)).toMatchObject({
      may_vote: false,
      may_not_vote_code: 'own_request',
      may_comment: true,
    });
    expect(await auditor.getApproval(id)).toMatchObject({
      may_vote: false,
      may_not_vote_code: 'not_eligible',
      may_comment: false,
    });
    expect(await refusal(eve.getApproval(id))).toBe('not_found');
    await vote(kim, call);
    expect(await dana.getApproval(id)).toMatchObject({
      state: 'approved',
      may_not_vote_code: 'already_decided',
    });
  });

  test('names the siblings of its run that wait, and a vote on one leaves the others', async () => {
    const calls = [];
    for (const n of [11, 12, 13])
      calls.push(await submit(agent, change(n), { run: 'siblings', call: `c${n}` }));
    const [one, two, three] = calls.map(idOf);
    const seen = await dana.getApproval(two as never);
    expect(seen.siblings).toEqual([one, three]);
    expect(await refusal(eve.getApproval(one as never))).toBe('not_found');
    await vote(dana, calls[0] as never, 'reject', 'no');
    expect((await dana.getApproval(two as never)).siblings).toEqual([three]);
    expect((await dana.getApproval(three as never)).state).toBe('waiting');
  });
});

describe('the list', () => {
  test('begins with what I was asked about, pages by cursor, and counts what waits for my vote', async () => {
    const before = (await dana.listApprovals()).waiting_for_me;
    const calls = [];
    for (const n of [21, 22, 23]) calls.push(await submit(agent, change(n)));
    const all = await dana.listApprovals();
    expect(all.waiting_for_me).toBe(before + 3);
    expect(all.next).toBeNull();
    const first = await dana.listApprovals({ limit: 2 });
    const rest = await dana.listApprovals({ limit: 500, after: first.next as never });
    expect([...first.approvals, ...rest.approvals].map(({ id }) => id)).toEqual(
      all.approvals.map(({ id }) => id),
    );
    await vote(dana, calls[0] as never);
    expect((await dana.listApprovals()).waiting_for_me).toBe(before + 2);
    expect((await olivia.listApprovals()).waiting_for_me).toBe(0);
    expect((await olivia.listApprovals()).approvals.length).toBeGreaterThan(2);
    expect((await eve.listApprovals()).approvals).toEqual([]);
    expect((await auditor.listApprovals()).approvals).toHaveLength(all.approvals.length);
  });
});

describe('comments', () => {
  test('stand on the card and in the record, and are no votes', async () => {
    const call = await submit(agent, change(31));
    const after = await kim.comment(idOf(call), { text: 'Whose account is it?\u202e' });
    await olivia.comment(idOf(call), { text: 'Mine.' });
    expect(after).toMatchObject({ state: 'waiting', votes: [] });
    expect((await dana.getApproval(idOf(call))).comments).toMatchObject([
      { person: 'kim', text: 'Whose account is it?\u202e' },
      { person: 'olivia', text: 'Mine.' },
    ]);
    expect(await refusal(eve.comment(idOf(call), { text: 'x' }))).toBe('not_found');
    await vote(dana, call, 'reject', 'no');
    expect(await refusal(kim.comment(idOf(call), { text: 'late' }))).toBe('already_decided');
  });

  test('never 27: are bounded, one by one and all together', async () => {
    const call = await submit(agent, change(32));
    expect(await refusal(dana.comment(idOf(call), { text: 'x'.repeat(1001) }))).toBe('malformed');
    expect(await refusal(dana.comment(idOf(call), { text: '   ' }))).toBe('malformed');
    await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => dana.comment(idOf(call), { text: `n ${n}` })),
    );
    expect((await dana.getApproval(idOf(call))).comments).toHaveLength(20);
    expect(await refusal(dana.comment(idOf(call), { text: 'one more' }))).toBe('rate_limited');
    expect((await kim.comment(idOf(call), { text: 'somebody else' })).comments).toHaveLength(21);
  });
});

describe('runs', () => {
  test('are found by principal, person, connection, state and how their id begins, a page at a time', async () => {
    const other = await harness.agent('auditing', { owner: 'kim' });
    for (const run of ['alpha-1', 'alpha-2', 'beta'])
      await execute(other, await submit(other, 'select 1', { run, call: 'c' }));
    const names = async (query: Parameters<Client['findRuns']>[0]) =>
      (await auditor.findRuns(query)).runs.map(({ run }) => run);
    expect(await names({ principal: 'agent:auditing' })).toEqual(['beta', 'alpha-2', 'alpha-1']);
    expect(await names({ person: 'kim' })).toEqual(['beta', 'alpha-2', 'alpha-1']);
    expect(await names({ text: 'alpha-', state: 'succeeded', connection: 'bank' })).toEqual([
      'alpha-1',
      'alpha-2',
    ]);
    expect(await names({ text: 'alpha-', state: 'waiting' })).toEqual([]);
    expect(await names({ text: 'alpha-', principal: 'agent:auditing' })).toEqual(['alpha-1', 'alpha-2']);
    expect(await names({ text: 'alpha-', principal: 'agent:teller' })).toEqual([]);
    expect(await names({ text: '%' })).toEqual([]);
    const page = await auditor.findRuns({ principal: 'agent:auditing', limit: 2 });
    expect(page.runs.map(({ run }) => run)).toEqual(['beta', 'alpha-2']);
    expect(page.runs[0]).toMatchObject({ calls: 1, states: { succeeded: 1 }, connections: ['bank'] });
    expect(await names({ principal: 'agent:auditing', after: page.next as never })).toEqual(['alpha-1']);
    expect((await dana.findRuns({ principal: 'agent:auditing' })).runs).toEqual([]);
  });

  test('show as a time line what was said, voted and came back, to whom that is to be shown', async () => {
    const read = await submit(agent, 'select owner, \'a\u200bb\' as "o\u202edd" from accounts where id = 1', {
      run: 'line',
      call: 'c1',
      purpose: 'to look',
    });
    await execute(agent, read);
    const write = await submit(agent, change(41), { run: 'line', call: 'c2' });
    await kim.comment(idOf(write), { text: 'hm' });
    await vote(dana, write, 'reject', 'not today');
    const { runs } = await auditor.findRuns({ text: 'line' });
    const run = await auditor.getRun(runs[0]?.id as never);
    expect(run.calls).toMatchObject([
      {
        state: 'succeeded',
        rules: ['read'],
        words: {
          input: [{ label: 'sql', text: expect.stringContaining('a⟨U+200B⟩b') }],
          purpose: 'to look',
          result: { columns: ['owner', 'o⟨U+202E⟩dd'], rows: [['owner 1', 'a⟨U+200B⟩b']] },
          told: null,
        },
        moments: [{ type: 'call.allowed' }, { type: 'call.claimed' }, { type: 'call.succeeded' }],
      },
      {
        state: 'rejected',
        votes: [{ person: 'dana', vote: 'reject', reason: 'not today' }],
        comments: [{ person: 'kim', text: 'hm' }],
        words: { told: expect.stringContaining('NOT EXECUTED (rejected)') },
      },
    ]);
    expect((run.calls[1]?.moments ?? []).map(({ type }) => type)).toEqual([
      'call.submitted',
      'preview.started',
      'preview.finished',
      'call.waiting',
      'comment.made',
      'vote.cast',
      'call.rejected',
    ]);
    // Who was asked about one call sees of the others what they did, but neither their words nor what came back.
    const seen = await kim.getRun(run.run.id);
    expect(seen.calls.map(({ words, effects }) => [words === null, effects.length > 0])).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(await refusal(eve.getRun(run.run.id))).toBe('not_found');
    const first = await auditor.getRun(run.run.id, { limit: 1 });
    const second = await auditor.getRun(run.run.id, { limit: 1, after: first.next as never });
    expect([first, second].map(({ calls }) => calls[0]?.id)).toEqual([read.id, write.id]);
  });
});

describe('connections and policy', () => {
  test('tell whether a target answers and which rules lead there, and never where it is', async () => {
    const seen = await auditor.inspectConnections();
    expect(seen.connections).toEqual([
      {
        name: 'bank',
        protocol: 'postgres',
        labels: { env: 'production' },
        health: { state: 'up', at: expect.any(String), code: null },
        rules: [
          expect.objectContaining({ name: 'read', verdict: 'allow', approvers: [] }),
          expect.objectContaining({ name: 'a dba', verdict: 'ask', approvers: ['dba'] }),
          expect.objectContaining({ name: 'security too', verdict: 'ask' }),
        ],
      },
    ]);
    const theirs = await dana.inspectConnections();
    expect(theirs.connections[0]).toMatchObject({ name: 'bank', rules: null });
    expect(JSON.stringify([seen, theirs])).not.toContain(new URL(harness.databaseUrl).port);
    expect(await agent.listConnections()).toEqual({ connections: [{ name: 'bank', protocol: 'postgres' }] });
  });

  test('are nothing to an account that stands under nobody', async () => {
    const nobody = await harness.person('nobody');
    expect((await nobody.inspectConnections()).connections).toEqual([]);
    expect((await nobody.findRuns({})).runs).toEqual([]);
  });

  test('show the file as it was written, and how often each rule matched', async () => {
    const seen = await auditor.getPolicy();
    expect(seen.text).toContain('url: "${BANK_URL}"');
    expect(JSON.stringify(seen)).not.toContain(new URL(harness.databaseUrl).port);
    const before = seen.matched.find(({ rule }) => rule === 'read')?.times ?? 0;
    await submit(agent, 'select 7');
    const after = (await auditor.getPolicy()).matched;
    expect(after.find(({ rule }) => rule === 'read')).toMatchObject({
      times: before + 1,
      last: expect.any(String),
    });
    expect(await refusal(dana.getPolicy())).toBe('wrong_actor');
  });

  test('try a statement for somebody: nothing waits, nothing runs, and it is recorded', async () => {
    const waiting = (await auditor.listApprovals()).approvals.length;
    const tried = await auditor.tryPolicy({
      connection: 'bank',
      input: { sql: change(77) },
      as: { name: 'teller', groups: ['agents'] },
    });
    expect(tried).toMatchObject({
      decision: 'ask',
      code: 'needs_approval',
      rules: ['a dba', 'security too'],
      asks: [
        { approvers: ['dba'], votes: 1 },
        { approvers: ['security'], votes: 2 },
      ],
    });
    expect((await auditor.listApprovals()).approvals).toHaveLength(waiting);
    const { rows } = await harness.observer.query('select balance from accounts where id = 1');
    expect(rows[0]?.balance).not.toBe(77);
    const events = await harness.operator.events({ limit: 10_000 });
    expect(JSON.stringify(events)).toContain(String.raw`\"as\":\"agent:teller\"`);
  });
});

test('who is asked about one call of a run is told of the others who voted, never what they said', async () => {
  harness.rewrite(
    `${policy}  - { name: sales for notes, actions: [write], resources: ["table:public.notes"], then: { ask: { approvers: [sales] } } }\n`,
  );
  await harness.operator.reloadPolicy();
  const theirs = await submit(agent, change(42), { run: 'apart', call: 'c1' });
  await kim.comment(idOf(theirs), { text: 'the audit of the bank' });
  await vote(dana, theirs, 'reject', 'fraud is suspected');
  await submit(agent, "insert into notes (body) values ('x')", { run: 'apart', call: 'c2' });
  const { runs } = await eve.findRuns({ text: 'apart' });
  const { calls } = await eve.getRun(runs[0]?.id as never);
  expect(calls.map(({ votes, comments }) => [votes.length, votes[0]?.reason, comments])).toEqual([
    [1, null, []],
    [0, undefined, []],
  ]);
  expect(JSON.stringify(calls)).not.toMatch(/fraud|audit of/);
});
