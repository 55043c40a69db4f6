/**
 * From the moment a person's vote is sent to the moment the target starts the statement, by the target's own clock: the
 * agent waits at one gateway while the vote comes in at another of the same store.
 *
 *   npx pnpm exec node --conditions=@countersign/source test/load/vote-to-start.ts memory|postgres [votes] [at once]
 */
import { execute, startHarness, submit, vote } from '../gateway/harness.ts';
import { forEach, percentile, print, storeFromArguments } from './measure.ts';

const on = storeFromArguments();
const [votes = 300, atOnce = 4] = process.argv.slice(3).map(Number);
const policy = `
version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  olivia: { groups: [], accounts: ["local:olivia"] }
connections:
  bank: { protocol: postgres, url: "\${BANK_URL}" }
rules:
  - { name: writes, actions: [write], then: { ask: { approvers: [dba] } } }
limits: { asks_per_hour: 100000 }
`;
const harness = await startHarness({ on, policy });
const other = on === 'postgres' ? await harness.another() : harness;
try {
  // A target is looked at so many times a minute for one principal.
  const agents = await Promise.all(Array.from({ length: 8 }, (_, n) => harness.agent(`teller-${n}`)));
  const dana = await other.person('dana');
  const took: number[] = [];
  await forEach(votes + atOnce, atOnce, 'votes', async (index) => {
    const agent = agents[index % agents.length];
    if (agent === undefined) return;
    const marker = `vote ${index}`;
    const call = await submit(agent, `insert into notes (body) values ('${marker} ' || clock_timestamp())`);
    const decided = agent.getCall(call.id, { wait: 30 });
    const sent = performance.timeOrigin + performance.now();
    await vote(dana, call);
    await decided;
    const done = await execute(agent, call);
    if (done.outcome !== 'succeeded') throw new Error(done.call.reason);
    const { rows } = await harness.observer.query<{ started: string }>(
      `select extract(epoch from substr(body, $1)::timestamptz) * 1000 as started from notes where body like $2`,
      [marker.length + 2, `${marker} %`],
    );
    // The first ones warm up.
    if (index >= atOnce) took.push(Number(rows[0]?.started) - sent);
  });
  print(
    `${on}, ${atOnce} at once, ${took.length} votes: vote to start p50 ${percentile(took, 50).toFixed(0)} ms, ` +
      `p95 ${percentile(took, 95).toFixed(0)} ms, p99 ${percentile(took, 99).toFixed(0)} ms`,
  );
} finally {
  if (other !== harness) await other.close();
  await harness.close();
}
