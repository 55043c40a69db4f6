import type { CallView } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, type Harness, refusal, rules, startHarness, stores, submit, vote } from './harness.ts';

const policy = rules
  .replace('approvers: [dba], votes: 1, vote_within: 1h', 'approvers: [dba], votes: 2, vote_within: 1h')
  .concat(`
  - name: balances are guarded
    actions: [write.delete]
    then: { ask: { approvers: [security], votes: 1, reason: true } }
`);

describe.each(stores)('on the %s store:', (on) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on, policy });
  });
  afterAll(() => harness.close());

  let row = 0;
  const update = (): string => `update accounts set balance = 1 where id = ${++row}`;

  const waiting = async (sql = update()): Promise<CallView> => submit(await harness.agent(), sql);

  describe('votes', () => {
    test('never 20: two votes are two humans; one human with two accounts is one', async () => {
      const call = await waiting();
      const { client: second } = await harness.mint({ class: 'person', name: 'sam-second' });
      const sam = await harness.person('sam');
      expect((await vote(sam, call)).state).toBe('waiting');
      expect(await refusal(vote(second, call))).toBe('already_voted');
      expect((await vote(await harness.person('dana'), call)).state).toBe('approved');
    });

    test('never 20: a human in two groups counts for one ask only, and more votes than needed do no harm', async () => {
      const call = await waiting('delete from accounts where id = 50');
      // dba wants two, security wants one: sam can be only one of the three
      const [sam, dana, kim] = [
        await harness.person('sam'),
        await harness.person('dana'),
        await harness.person('kim'),
      ];
      const approve = (who: typeof sam) => vote(who, call, 'approve', 'checked');
      expect((await approve(sam)).state).toBe('waiting');
      expect((await approve(dana)).state).toBe('waiting');
      expect((await approve(kim)).state).toBe('approved');
    });

    test('one rejection ends it, whatever was approved before', async () => {
      const call = await waiting();
      await vote(await harness.person('dana'), call);
      expect((await vote(await harness.person('sam'), call, 'reject')).state).toBe('rejected');
      expect(await execute(await harness.agent(), call)).toMatchObject({ outcome: 'not_executed' });
    });

    test('never 21: the owner of the agent does not vote on its calls', async () => {
      const call = await waiting();
      const olivia = await harness.person('olivia');
      const id = call.approval as NonNullable<typeof call.approval>;
      expect(await olivia.getApproval(id)).toMatchObject({
        may_vote: false,
        may_not_vote_because: expect.stringContaining('own'),
      });
      expect(await refusal(vote(olivia, call))).toBe('own_request');
    });

    test('never 21: the person it acts for does not vote, through no account of theirs', async () => {
      const agent = await harness.agent('for-sam', { on_behalf_of: 'sam' });
      const call = await submit(agent, update());
      const { client: second } = await harness.mint({ class: 'person', name: 'sam-second' });
      expect(await refusal(vote(await harness.person('sam'), call))).toBe('own_request');
      expect(await refusal(vote(second, call))).toBe('own_request');
    });

    test('an account that belongs to no one cannot vote, nor look', async () => {
      const call = await waiting();
      const { client } = await harness.mint({ class: 'person', name: 'mallory', groups: ['dba'] });
      expect(await refusal(vote(client, call))).toBe('not_found');
      const shown = await (await harness.person('dana')).getApproval(
        call.approval as NonNullable<typeof call.approval>,
      );
      expect(await refusal(client.vote(shown.id, { vote: 'approve', digest: shown.digest }))).toBe(
        'unmapped_account',
      );
    });

    test('a person who was not asked cannot vote', async () => {
      const call = await waiting();
      const shown = await (await harness.person('dana')).getApproval(
        call.approval as NonNullable<typeof call.approval>,
      );
      const kim = await harness.person('kim');
      expect(await refusal(kim.vote(shown.id, { vote: 'approve', digest: shown.digest }))).toBe(
        'not_eligible',
      );
    });

    test('a vote that names another digest than what waits is refused', async () => {
      const [one, other] = [await waiting(), await waiting()];
      const dana = await harness.person('dana');
      const shown = await dana.getApproval(other.approval as NonNullable<typeof other.approval>);
      const wrong = dana.vote(one.approval as NonNullable<typeof one.approval>, {
        vote: 'approve',
        digest: shown.digest,
      });
      expect(await refusal(wrong)).toBe('digest_mismatch');
    });

    test('an ask that wants a reason takes no approval without one', async () => {
      const call = await waiting('delete from accounts where id = 49');
      expect(await refusal(vote(await harness.person('kim'), call))).toBe('reason_required');
    });

    test('never 17: votes of people who have left the group since are not enough at the claim', async () => {
      const call = await waiting();
      await vote(await harness.person('dana'), call);
      expect((await vote(await harness.person('sam'), call)).state).toBe('approved');
      harness.rewrite(policy.replace('dana: { groups: [dba]', 'dana: { groups: [others]'));
      await harness.operator.reloadPolicy();
      const done = await execute(await harness.agent(), call);
      harness.rewrite(policy);
      await harness.operator.reloadPolicy();
      expect(done).toMatchObject({
        outcome: 'not_executed',
        call: { state: 'denied', code: 'ask_again', retry: 'new_call' },
      });
    });

    test('never 17: a policy that forbids it since denies at the claim', async () => {
      const call = await waiting();
      await vote(await harness.person('dana'), call);
      await vote(await harness.person('sam'), call);
      harness.rewrite(`${policy}\n  - { name: frozen, actions: [write], then: deny }\n`);
      await harness.operator.reloadPolicy();
      const done = await execute(await harness.agent(), call);
      harness.rewrite(policy);
      await harness.operator.reloadPolicy();
      expect(done).toMatchObject({
        outcome: 'not_executed',
        call: { state: 'denied', code: 'policy_tightened' },
      });
    });

    test('a loosened policy allows no call that waits', async () => {
      const call = await waiting();
      harness.rewrite(
        policy.replace(/then: \{ ask: .*\}/g, 'then: allow').replace(/then: \{ ask: [^\n]*/g, 'then: allow'),
      );
      await harness.operator.reloadPolicy();
      const still = await (await harness.agent()).getCall(call.id);
      harness.rewrite(policy);
      await harness.operator.reloadPolicy();
      expect(still.state).toBe('waiting');
    });

    test('an invalid new policy keeps the old one, and says what is wrong', async () => {
      const before = await harness.operator.getPolicy();
      harness.rewrite('version: 1\nrulez: []\n');
      expect(await refusal(harness.operator.reloadPolicy())).toBe('config_invalid');
      harness.rewrite(policy);
      expect((await harness.operator.getPolicy()).version).toBe(before.version);
    });

    test('the card shows what runs, in words and whole, with what the agent says apart', async () => {
      const agent = await harness.agent();
      const call = await submit(agent, "update accounts set owner = 'p\u0430ypal\u202e' where id = 30", {
        purpose: 'just a tidy-up\u200b',
      });
      const dana = await harness.person('dana');
      const { preview, asks } = await dana.getApproval(call.approval as NonNullable<typeof call.approval>);
      expect(preview.input[0]?.text).toBe(
        "update accounts set owner = 'pа⟨U+0430⟩ypal⟨U+202E⟩' where id = 30",
      );
      expect(preview.purpose).toBe('just a tidy-up⟨U+200B⟩');
      expect(preview.words).toContain('changes rows of public.accounts (owner)');
      expect(preview.impact).toMatchObject({ how: 'estimate', unit: 'rows' });
      expect(asks[0]).toMatchObject({ approvers: ['dba'], votes: 2, rules: ['writes'] });
    });
  });
});
