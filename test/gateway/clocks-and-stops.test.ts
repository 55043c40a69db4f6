import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { until } from '../support/until.ts';
import { execute, type Harness, refusal, rules, startHarness, stores, submit, vote } from './harness.ts';

const policy = rules
  .replace('vote_within: 1h, start_within: 10m', 'vote_within: 30s, start_within: 30s')
  .concat(`
  - { name: short vote, actions: [write.delete], then: { ask: { approvers: [dba], vote_within: 1s, start_within: 30s } } }
  - { name: short start, actions: [write.insert], except: { resources: ["table:public.notes"] }, then: { ask: { approvers: [dba], vote_within: 30s, start_within: 1s } } }
limits: { waiting_per_principal: 3, timeout: 20s }
`);

describe.each(stores)('on the %s store:', (on) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on, policy });
  });
  afterAll(() => harness.close());

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const count = async (text: string): Promise<number> => {
    const { rows } = await harness.observer.query<{ n: string }>(`select count(*) as n from ${text}`);
    return Number(rows[0]?.n);
  };

  /** Waits until another connection sees what is asked for in pg_stat_activity, or has stopped seeing it. */
  const activity = (fragment: string, running: boolean): Promise<void> =>
    until(async () => {
      const { rows } = await harness.observer.query(
        "select 1 from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()",
        [`%${fragment}%`],
      );
      return rows.length > 0 === running;
    });

  describe('the two clocks', () => {
    test('never 13: a vote that comes too late approves nothing', async () => {
      const agent = await harness.agent('late-vote');
      const dana = await harness.person('dana');
      const call = await submit(agent, 'delete from accounts where id = 1');
      const shown = await dana.getApproval(call.approval as NonNullable<typeof call.approval>);
      const decided = await agent.getCall(call.id, { wait: 10 });
      expect(decided).toMatchObject({ state: 'expired', code: 'expired', retry: 'new_call' });
      expect(['expired', 'already_decided']).toContain(
        await refusal(dana.vote(shown.id, { vote: 'approve', digest: shown.digest })),
      );
      expect(await execute(agent, call)).toMatchObject({ outcome: 'not_executed' });
      expect(await count('accounts where id = 1')).toBe(1);
    });

    test('never 13: an approval that is not used in time runs nothing', async () => {
      const agent = await harness.agent('late-start');
      const call = await submit(agent, "insert into accounts values (1001, 'x', 0)");
      await vote(await harness.person('dana'), call);
      await pause(1200);
      expect(await execute(agent, call)).toMatchObject({
        outcome: 'not_executed',
        call: { state: 'expired' },
      });
      expect(await count('accounts where id = 1001')).toBe(0);
    });

    test('never 26: an expired approval can still be looked at', async () => {
      const agent = await harness.agent('history');
      const dana = await harness.person('dana');
      const call = await submit(agent, 'delete from accounts where id = 2');
      await agent.getCall(call.id, { wait: 10 });
      expect(await dana.getApproval(call.approval as NonNullable<typeof call.approval>)).toMatchObject({
        state: 'expired',
        preview: { connection: 'bank' },
      });
    });
  });

  describe('limits on asking', () => {
    test('a principal can have only so many calls waiting', async () => {
      const agent = await harness.agent('eager');
      for (let id = 10; id < 13; id++)
        expect((await submit(agent, `update accounts set balance = 0 where id = ${id}`)).state).toBe(
          'waiting',
        );
      const fourth = await submit(agent, 'update accounts set balance = 0 where id = 13');
      expect(fourth).toMatchObject({ state: 'denied', code: 'too_many_waiting', retry: 'later' });
    });

    test('never 06: what a person rejected is not asked again, in the same run by effect, in any run by input', async () => {
      const agent = await harness.agent('stubborn');
      const dana = await harness.person('dana');
      const call = await submit(agent, 'update accounts set balance = 5 where id = 20', {
        run: 'stubborn-run',
      });
      await vote(dana, call, 'reject', 'no');
      const again = await submit(agent, 'update accounts set balance = 6 where id = 20', {
        run: 'stubborn-run',
      });
      expect(again).toMatchObject({ state: 'denied', code: 'rejected_recently', approval: null });
      const elsewhere = await submit(agent, 'update accounts set balance = 5 where id = 20', {
        run: 'another-run',
      });
      expect(elsewhere).toMatchObject({ state: 'denied', code: 'rejected_recently' });
      const different = await submit(agent, 'update accounts set balance = 6 where id = 20', {
        run: 'another-run',
      });
      expect(different.state).toBe('waiting');
    });

    test('what is too large to review is denied, and pages nobody', async () => {
      const agent = await harness.agent('wordy');
      const sql = `update accounts set owner = '${'x'.repeat(17_000)}' where id = 1`;
      expect(await submit(agent, sql)).toMatchObject({ state: 'denied', code: 'too_large_to_review' });
    });
  });

  describe('the kill switch', () => {
    test('it cancels what waits and what was approved, denies what comes, and lifting it revives nothing', async () => {
      const agent = await harness.agent('stopped');
      const dana = await harness.person('dana');
      const waiting = await submit(agent, 'update accounts set balance = 0 where id = 30');
      const approved = await submit(agent, 'update accounts set balance = 0 where id = 31');
      await vote(dana, approved);
      const stop = await harness.operator.createStop({
        scope: { kind: 'principal', principal: 'agent:stopped' },
        reason: 'drill',
      });
      expect(await agent.getCall(waiting.id)).toMatchObject({ state: 'cancelled', code: 'stopped' });
      expect(await execute(agent, approved)).toMatchObject({
        outcome: 'not_executed',
        call: { code: 'stopped' },
      });
      expect(await submit(agent, 'select 1')).toMatchObject({ state: 'denied', code: 'stopped' });
      expect(await submit(await harness.agent('bystander'), 'select 1')).toMatchObject({ state: 'allowed' });
      await harness.operator.liftStop(stop.id);
      expect(await submit(agent, 'select 1')).toMatchObject({ state: 'allowed' });
      expect(await execute(agent, approved)).toMatchObject({ outcome: 'not_executed' });
      expect(await count('accounts where id in (30, 31) and balance = 100')).toBe(2);
    });

    test('never 24: it ends what runs, at the target, and a write leaves nothing', async () => {
      const agent = await harness.agent('runner');
      const call = await submit(agent, "update accounts set owner = 'gone' where id in (39, 40)");
      await vote(await harness.person('dana'), call);
      // Another connection holds a row that the statement needs, so that it waits in the middle of its work.
      const blocker = new Client({ connectionString: harness.databaseUrl });
      await blocker.connect();
      await blocker.query('begin; select 1 from accounts where id = 40 for update');
      const done = execute(agent, call);
      await activity("owner = 'gone'", true);
      const stop = await harness.operator.createStop({ scope: { kind: 'connection', connection: 'bank' } });
      expect(await done).toMatchObject({ outcome: 'failed', error: { ran: 'rolled_back', code: 'stopped' } });
      await activity("owner = 'gone'", false);
      await blocker.end();
      await harness.operator.liftStop(stop.id);
      expect(await count("accounts where owner = 'gone'")).toBe(0);
    });

    test('an agent can end its own running call, which ends at the target', async () => {
      const agent = await harness.agent('canceller');
      const call = await submit(agent, 'select count(*) from generate_series(1, 1000000000) as endless');
      expect(call.state).toBe('allowed');
      const done = execute(agent, call);
      await activity('as endless', true);
      await agent.cancelCall(call.id);
      expect(await done).toMatchObject({ outcome: 'failed', error: { code: 'cancelled' } });
      await activity('as endless', false);
    });
  });

  test('slow reads, however many, do not keep a write waiting', async () => {
    const agent = await harness.agent('greedy');
    const slow = await Promise.all(
      Array.from({ length: 12 }, () =>
        submit(agent, 'select count(*) from generate_series(1, 1000000000) as greedy'),
      ),
    );
    const reading = slow.map((call) => execute(agent, call));
    await activity('as greedy', true);
    const note = await submit(await harness.agent('writer'), "insert into notes (body) values ('in time')");
    expect(await execute(await harness.agent('writer'), note)).toMatchObject({ outcome: 'succeeded' });
    const stop = await harness.operator.createStop({
      scope: { kind: 'principal', principal: 'agent:greedy' },
    });
    for (const { outcome } of await Promise.all(reading)) expect(outcome).not.toBe('succeeded');
    await harness.operator.liftStop(stop.id);
    await activity('as greedy', false);
  });

  test('a reload that replaces a connection lets what runs on it finish', async () => {
    const agent = await harness.agent('surviving');
    const call = await submit(agent, "update accounts set owner = 'kept' where id = 45");
    await vote(await harness.person('dana'), call);
    const blocker = new Client({ connectionString: harness.databaseUrl });
    await blocker.connect();
    await blocker.query('begin; select 1 from accounts where id = 45 for update');
    const done = execute(agent, call);
    await activity("owner = 'kept'", true);
    harness.rewrite(
      policy.replaceAll('labels: { env: production } }\n', 'labels: { env: production, moved: "yes" } }\n'),
    );
    await harness.operator.reloadPolicy();
    expect(await submit(agent, 'select 7')).toMatchObject({ state: 'allowed' });
    await blocker.end();
    expect(await done).toMatchObject({ outcome: 'succeeded' });
    harness.rewrite(policy);
    await harness.operator.reloadPolicy();
    expect(await count("accounts where owner = 'kept'")).toBe(1);
  });

  describe('open outcomes', () => {
    test('never 19: a write whose result nobody fetched is not repeated until a person settles it', async () => {
      const agent = await harness.agent('forgetful');
      const sql = "insert into notes (body) values ('once')";
      const call = await submit(agent, sql);
      // The agent's process dies while the write waits for a lock: it then happens, and its result reaches nobody.
      const blocker = new Client({ connectionString: harness.databaseUrl });
      await blocker.connect();
      await blocker.query('begin; lock table notes in access exclusive mode');
      const abandoned = new AbortController();
      const digest = { input_digest: call.input_digest };
      const lost = agent.executeCall(call.id, digest, { signal: abandoned.signal });
      await activity("values ('once')", true);
      abandoned.abort();
      await lost.catch(() => undefined);
      await blocker.end();
      await until(async () => (await agent.getCall(call.id)).state === 'succeeded');
      expect(await count("notes where body = 'once'")).toBe(1);
      const again = await submit(agent, sql);
      expect(again).toMatchObject({ state: 'denied', code: 'earlier_outcome_open' });
      await harness.operator.settleCall(call.id, { reason: 'seen in the table' });
      expect(await submit(agent, sql)).toMatchObject({ state: 'allowed' });
      expect(await count("notes where body = 'once'")).toBe(1);
    });
  });

  test('a shutdown answers who waits with what is known, and does not wait for the clock', async () => {
    const other = await startHarness({ on, policy });
    const agent = await other.agent('patient');
    const call = await submit(agent, 'update accounts set balance = 0 where id = 9');
    const waiting = agent.getCall(call.id, { wait: 60 });
    await pause(300);
    const before = performance.now();
    await other.close();
    expect((await waiting).state).toBe('waiting');
    expect(performance.now() - before).toBeLessThan(8000);
  });
});
