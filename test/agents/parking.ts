/** A gateway whose approvals last for days, a bank behind it, and runs to park. */
import { randomBytes } from 'node:crypto';
import { type GatewayClient, gatewayClient } from '@countersign/agents';
import { type Agent, RunState } from '@openai/agents';
import { sql } from 'kysely';
import { type Harness, rules, startHarness } from '../gateway/harness.ts';
import { agentOf, runner, type Turns } from './teller.ts';

const ofDays = rules
  .replace('vote_within: 1h, start_within: 10m', 'vote_within: 7d, start_within: 7d')
  .concat('masks:\n  - { columns: [public.accounts.email], with: redact }\n');

export type Bank = Awaited<ReturnType<typeof openBank>>;

export async function openBank() {
  const harness: Harness = await startHarness({ policy: ofDays });
  const { token } = await harness.mint({
    class: 'agent',
    name: 'teller',
    groups: ['agents'],
    owner: 'olivia',
  });
  const stateKey = randomBytes(32).toString('base64');
  const gateway = gatewayClient({ url: harness.url, token, stateKey });
  const store = harness.gateway.engine.store.db;
  let account = 0;
  return {
    harness,
    token,
    stateKey,
    gateway,
    store,
    close: () => harness.close(),

    /** A statement on an account that no other test touches: running it twice shows. */
    withdraw: () => `update accounts set balance = balance - 10 where id = ${++account}`,

    /** Of the account of the last `withdraw`, or of the one so many before it. */
    balance: async (before = 0): Promise<number | undefined> => {
      const asked = 'select balance from accounts where id = $1';
      const { rows } = await harness.observer.query<{ balance: number }>(asked, [account - before]);
      return rows[0]?.balance;
    },

    /** As if the days had passed: the clocks of the calls and of the leases lie so much earlier. */
    passDays: async (days: number): Promise<void> => {
      const span = sql`${days}::float8 * interval '1 day'`;
      await sql`update calls set vote_by = vote_by - ${span}, start_by = start_by - ${span}`.execute(store);
      await sql`update parked_runs set leased_until = leased_until - ${span}`.execute(store);
    },

    /** Votes on all that waits. */
    decide: async (how: 'approve' | 'reject' = 'approve', reason?: string): Promise<void> => {
      const dana = await harness.person('dana');
      for (const { id, digest } of (await dana.listApprovals()).approvals)
        await dana.vote(id, { vote: how, digest, ...(reason === undefined ? {} : { reason }) });
    },

    /** A paused run in this process, parked. */
    park: async (turns: Turns, context: object = {}, as: GatewayClient = gateway, tools?: Agent['tools']) => {
      const result = await runner.run(agentOf(as, turns, tools), 'go', { context });
      return { id: await as.park(result), result };
    },

    /** Takes a parked run and goes on with it, as far as it goes. */
    goOn: async (id: string, turns: Turns, as: GatewayClient = gateway) => {
      const agent = agentOf(as, turns);
      const state = await RunState.fromString(agent, await as.unpark(id));
      await as.applyVotes(state);
      return runner.run(agent, state);
    },

    parkedRun: async (id: string) => (await gateway.parkedRuns()).find((parked) => parked.id === id),
  };
}
