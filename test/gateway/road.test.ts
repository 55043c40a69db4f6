import { verifyLedger } from '@countersign/gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, type Harness, refusal, startHarness, stores, submit, vote } from './harness.ts';

describe.each(stores)('on the %s store:', (on) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on });
  });
  afterAll(() => harness.close());

  const balance = async (id: number): Promise<number> => {
    const { rows } = await harness.observer.query<{ balance: number }>(
      'select balance from accounts where id = $1',
      [id],
    );
    return rows[0]?.balance ?? Number.NaN;
  };

  describe('the road of a call', () => {
    test('a read is allowed, runs, and comes back as PostgreSQL wrote it', async () => {
      const agent = await harness.agent();
      const call = await submit(agent, 'select id, balance from accounts where id < 3 order by id');
      expect(call).toMatchObject({ state: 'allowed', decision: 'allow', code: 'allowed', approval: null });
      const done = await execute(agent, call);
      expect(done.outcome).toBe('succeeded');
      expect(done.result).toEqual({
        columns: ['id', 'balance'],
        rows: [
          ['1', '100'],
          ['2', '100'],
        ],
        truncated: false,
      });
    });

    test('a write waits for a person, runs once after the vote, and never again', async () => {
      const agent = await harness.agent();
      const dana = await harness.person('dana');
      const call = await submit(agent, 'update accounts set balance = balance - 1 where id = 1');
      expect(call).toMatchObject({ state: 'waiting', decision: 'ask', code: 'needs_approval' });
      expect(await balance(1)).toBe(100);
      const approved = await vote(dana, call);
      expect(approved.state).toBe('approved');
      expect(await balance(1)).toBe(100);
      const [first, second] = await Promise.all([execute(agent, call), execute(agent, call)]);
      const outcomes = [first.outcome, second.outcome].sort();
      expect(outcomes[1]).toBe('succeeded');
      expect(await execute(agent, call)).toMatchObject({ outcome: 'succeeded', result: { affected: 1 } });
      expect(await balance(1)).toBe(99);
    });

    test('a forbidden statement is refused with the words of the policy, and nothing runs', async () => {
      const agent = await harness.agent();
      const call = await submit(agent, 'drop table accounts');
      expect(call).toMatchObject({ state: 'denied', code: 'denied_by_rule', retry: 'no' });
      expect(call.reason).toContain('NOT EXECUTED');
      expect(call.reason).toContain('Schema changes go through migrations.');
      expect(call.reason).not.toContain('no schema');
      expect(await execute(agent, call)).toMatchObject({ outcome: 'not_executed', result: null });
      expect(await balance(2)).toBe(100);
    });

    test('never 02: a rejected call does not run, and the agent reads who said what', async () => {
      const agent = await harness.agent();
      const dana = await harness.person('dana');
      const call = await submit(agent, 'update accounts set balance = 0 where id = 3');
      expect((await vote(dana, call, 'reject', 'wrong account')).state).toBe('rejected');
      const done = await execute(agent, call);
      expect(done).toMatchObject({ outcome: 'not_executed', call: { state: 'rejected', code: 'rejected' } });
      expect(done.call.reason).toContain('wrong account');
      expect(await balance(3)).toBe(100);
    });

    test('never 01: an approval for one call approves no other with the same call id', async () => {
      const agent = await harness.agent();
      const dana = await harness.person('dana');
      const first = await submit(agent, 'update accounts set balance = 7 where id = 4', {
        run: 'run-a',
        call: 'call_0',
      });
      const second = await submit(agent, 'update accounts set balance = 8 where id = 4', {
        run: 'run-b',
        call: 'call_0',
      });
      await vote(dana, first);
      expect(await agent.getCall(second.id)).toMatchObject({ state: 'waiting' });
      expect(await execute(agent, second)).toMatchObject({
        outcome: 'not_executed',
        call: { code: 'not_decided' },
      });
      expect(await balance(4)).toBe(100);
    });

    test('never 22: what runs is the stored input; an execute that names another digest is refused', async () => {
      const agent = await harness.agent();
      const call = await submit(agent, 'select 1');
      const other = await submit(agent, 'select 2');
      const swapped = agent.executeCall(call.id, { input_digest: other.input_digest });
      expect(await refusal(swapped)).toBe('digest_mismatch');
    });

    test('the same key with the same input is the same call; with another input it is a conflict', async () => {
      const agent = await harness.agent();
      const key = { run: 'run-same', call: 'call-same' };
      const first = await submit(agent, 'select 1', key);
      expect((await submit(agent, 'select 1', key)).id).toBe(first.id);
      expect(await refusal(submit(agent, 'select  1', key))).toBe('call_conflict');
    });

    test('ten submissions of one key at once make one call, and one approval', async () => {
      const agent = await harness.agent('racer');
      const dana = await harness.person('dana');
      const key = { run: 'run-race', call: 'call-race' };
      const all = await Promise.all(
        Array.from({ length: 10 }, () => submit(agent, 'update accounts set balance = 1 where id = 5', key)),
      );
      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
      expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['waiting']));
      const { approvals } = await dana.listApprovals();
      expect(approvals.filter(({ call }) => call === all[0]?.id)).toHaveLength(1);
    });

    test('never 18: twenty executions of one approved call at once run it once', async () => {
      const agent = await harness.agent();
      const dana = await harness.person('dana');
      const call = await submit(agent, 'update accounts set balance = balance + 5 where id = 6');
      await vote(dana, call);
      await Promise.all(Array.from({ length: 20 }, () => execute(agent, call)));
      expect(await balance(6)).toBe(105);
    });

    test('never 11: an execute before the vote cancels the call, and the late vote finds nothing to decide', async () => {
      const agent = await harness.agent();
      const dana = await harness.person('dana');
      const call = await submit(agent, 'update accounts set balance = 0 where id = 7');
      const shown = await dana.getApproval(call.approval as NonNullable<typeof call.approval>);
      expect(await execute(agent, call)).toMatchObject({
        outcome: 'not_executed',
        call: { state: 'cancelled', code: 'not_decided', retry: 'new_call' },
      });
      expect(await refusal(dana.vote(shown.id, { vote: 'approve', digest: shown.digest }))).toBe(
        'already_decided',
      );
      expect(await balance(7)).toBe(100);
    });

    test('a long poll answers as soon as a person decides', async () => {
      const agent = await harness.agent();
      const dana = await harness.person('dana');
      const call = await submit(agent, 'update accounts set balance = 2 where id = 8');
      const waiting = agent.getCall(call.id, { wait: 20 });
      const before = performance.now();
      await vote(dana, call);
      expect(await waiting).toMatchObject({ state: 'approved', code: 'approved' });
      expect(performance.now() - before).toBeLessThan(5000);
    });

    test('never 08: another agent can neither read, execute nor cancel the call', async () => {
      const agent = await harness.agent();
      const stranger = await harness.agent('stranger');
      const call = await submit(agent, 'select 3');
      expect(await refusal(stranger.getCall(call.id))).toBe('not_found');
      expect(await refusal(execute(stranger, call))).toBe('not_found');
      expect(await refusal(stranger.cancelCall(call.id))).toBe('not_found');
    });

    test('the same agent for another person is another caller', async () => {
      const forDana = await harness.agent('delegate', { on_behalf_of: 'dana' });
      const forSam = await harness.agent('delegate', { on_behalf_of: 'sam' });
      const call = await submit(forDana, 'select 4');
      expect(await refusal(execute(forSam, call))).toBe('not_found');
      expect(await execute(forDana, call)).toMatchObject({ outcome: 'succeeded' });
    });

    test('never 49: every step stands in the ledger, which verifies offline; one changed byte does not', async () => {
      const agent = await harness.agent();
      const call = await submit(agent, "insert into notes (body) values ('for the record')");
      await execute(agent, call);
      const lines = (await harness.operator.events({ after: -1, limit: 10_000 })).map((line) =>
        JSON.stringify(line),
      );
      const events = lines.flatMap((line) => {
        const parsed = JSON.parse(line) as { event?: string };
        return parsed.event === undefined
          ? []
          : [JSON.parse(parsed.event) as { type: string; call: string | null }];
      });
      expect(events.filter((event) => event.call === call.id).map(({ type }) => type)).toEqual([
        'call.allowed',
        'call.claimed',
        'call.started',
        'call.succeeded',
      ]);
      const publicKey = harness.gateway.engine.keys.publicKeyPem;
      expect(await verifyLedger(lines, { publicKey })).toMatchObject({
        verdict: 'consistent',
        events: events.length,
      });
      const changed = lines.map((line) => line.replace('call.succeeded', 'call.succeedee'));
      expect(await verifyLedger(changed, { publicKey })).toMatchObject({ verdict: 'inconsistent' });
      const cut = [...lines.slice(0, 5), ...lines.slice(6)];
      expect(await verifyLedger(cut, { publicKey })).toMatchObject({
        verdict: 'inconsistent',
        reason: expect.stringContaining('event 5 is missing'),
      });
      const disclosed = lines.map((line) => line.replace('for the record', 'for the recorc'));
      expect(await verifyLedger(disclosed, { publicKey })).toMatchObject({
        verdict: 'inconsistent',
        reason: expect.stringContaining('not the one that was recorded'),
      });
    });

    test('never 04: the same call id on another connection or tool is another call, with a decision of its own', async () => {
      const agent = await harness.agent();
      const key = {
        connection: 'bank',
        input: { sql: 'select 5' },
        run: 'run-edit',
        tool: 'bank_query',
        call: 'call-edit',
      };
      const first = await agent.submitCall(key);
      expect(await refusal(agent.submitCall({ ...key, connection: 'vault' }))).toBe('call_conflict');
      const other = await agent.submitCall({ ...key, tool: 'other_query' });
      expect(other.id).not.toBe(first.id);
      expect(await refusal(agent.executeCall(first.id, { input_digest: other.input_digest }))).toBe(
        'digest_mismatch',
      );
    });

    test('never 15: nothing but a person’s own token votes, by POST, in the header: no link decides', async () => {
      const agent = await harness.agent();
      const { token } = await harness.mint({ class: 'person', name: 'dana' });
      const call = await submit(agent, 'update accounts set balance = 3 where id = 33');
      const shown = await (await harness.person('dana')).getApproval(
        call.approval as NonNullable<typeof call.approval>,
      );
      const url = `${harness.url}/v1/approvals/${shown.id}/votes`;
      const query = `vote=approve&digest=${shown.digest}&token=${token}`;
      for (const [method, target, headers] of [
        ['GET', `${url}?${query}`, { authorization: `Bearer ${token}` }],
        ['POST', `${url}?${query}`, {}],
        ['POST', `${url}?${query}`, { cookie: `token=${token}` }],
        ['POST', `${url}?${query}`, { authorization: `Bearer ${token}` }],
      ] as const)
        expect((await fetch(target, { method, headers })).status).toBeGreaterThanOrEqual(400);
      expect((await agent.getCall(call.id)).state).toBe('waiting');
    });

    test('never 40: a mask that comes back as data is refused before anyone is asked', async () => {
      const agent = await harness.agent();
      for (const sql of [
        "update accounts set email = '[redacted]' where id = 9",
        "insert into notes (body) values ('call ••••4242')",
      ]) {
        expect(await submit(agent, sql)).toMatchObject({
          state: 'denied',
          code: 'carries_mask',
          approval: null,
        });
      }
      expect(await submit(agent, "select '[redacted]'")).toMatchObject({ state: 'allowed' });
    });

    test('a statement never stands in the store in clear', async () => {
      const agent = await harness.agent();
      await submit(agent, "select 'a-very-recognisable-literal'");
      const { sql } = await import('kysely');
      for (const table of ['calls', 'events', 'contents', 'approvals', 'runs']) {
        const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.raw(table)} t`.execute(
          harness.gateway.engine.store.db,
        );
        expect(rows.filter(({ text }) => text.includes('recognisable'))).toEqual([]);
      }
    });
  });
});
