/**
 * Ten thousand approvals that wait: what they cost the gateway in memory, and what they do to the calls beside them.
 *
 *   npx pnpm exec node --expose-gc --conditions=@countersign/source test/load/waiting-approvals.ts memory|postgres [waiting]
 */
import { execute, startHarness, submit } from '../gateway/harness.ts';
import { forEach, inTurns, print, storeFromArguments, warmUp } from './measure.ts';

const on = storeFromArguments();
const waiting = Number(process.argv[3] ?? 10_000);
// A target is looked at so many times a minute for one principal.
const agents = 100;
const policy = `
version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  olivia: { groups: [], accounts: ["local:olivia"] }
connections:
  bank: { protocol: postgres, url: "\${BANK_URL}" }
rules:
  - { name: reads, actions: [read], then: allow }
  - { name: writes, actions: [write], then: { ask: { approvers: [dba], vote_within: 7d } } }
limits: { asks_per_hour: 100000, waiting_per_principal: 10000, waiting_per_group: 100000 }
`;

const start = async () => {
  const harness = await startHarness({ on, policy });
  const agent = await harness.agent('reader');
  const read = async () => {
    const done = await execute(
      agent,
      await submit(agent, 'select id from accounts where id = 7', { run: 'load' }),
    );
    if (done.outcome !== 'succeeded') throw new Error(done.call.reason);
  };
  return { harness, read };
};
const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

const [quiet, busy] = [await start(), await start()];
try {
  await warmUp(200, quiet.read);
  await warmUp(200, busy.read);
  const before = heap();
  const askers = await Promise.all(
    Array.from({ length: agents }, (_, n) => busy.harness.agent(`asker-${n}`)),
  );
  await forEach(waiting, 8, 'asks', async (index) => {
    const asker = askers[index % agents];
    if (asker === undefined) return;
    const call = await submit(asker, `update accounts set balance = ${index} where id = 1`);
    if (call.state !== 'waiting') throw new Error(call.reason);
  });
  const grown = heap() - before;
  const { one, other } = await inTurns(9, 1, { one: quiet.read, other: busy.read });
  print(
    `${on}: ${waiting} waiting approvals take ${grown.toFixed(0)} MB of heap; a read takes ` +
      `${(other.medianMs / one.medianMs).toFixed(2)} times as long beside them ` +
      `(${one.medianMs.toFixed(2)} ms, ${other.medianMs.toFixed(2)} ms)`,
  );
} finally {
  await quiet.harness.close();
  await busy.harness.close();
}
