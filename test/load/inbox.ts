/**
 * Five thousand approvals that wait and two hundred people who look on: how long the inbox takes, how soon all are told,
 * and what it does to the calls beside it.
 *
 *   npx pnpm exec node --conditions=@countersign/source test/load/inbox.ts memory|postgres [waiting] [streams]
 */
import type { Client } from '@countersign/client';
import { execute, startHarness, submit, vote } from '../gateway/harness.ts';
import { forEach, inTurns, percentile, print, storeFromArguments, warmUp } from './measure.ts';

const on = storeFromArguments();
const waiting = Number(process.argv[3] ?? 5000);
const streams = Number(process.argv[4] ?? 200);
// A target is looked at so many times a minute for one principal; a principal opens so many streams.
const [agents, ofOne] = [100, 50];
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

/** A console that is left open: it counts what it is told of, and asks for the count of what waits as the page does. */
async function lookOn(client: Client, told: () => void, end: AbortSignal): Promise<void> {
  const follow = client.followApprovals({ signal: end });
  await follow.next();
  let soon: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    soon = undefined;
    void client.listApprovals({ limit: 1, signal: end }).catch(() => undefined);
  };
  void (async () => {
    for await (const followed of follow) {
      if (followed.kind !== 'change') continue;
      told();
      soon ??= setTimeout(ask, 100 + Math.random() * 400);
    }
  })().catch(() => undefined);
}

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

const timed = async (times: number, one: () => Promise<unknown>): Promise<string> => {
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const before = performance.now();
    await one();
    took.push(performance.now() - before);
  }
  return `p50 ${percentile(took, 50).toFixed(0)} ms, p95 ${percentile(took, 95).toFixed(0)} ms`;
};

const [quiet, busy] = [await start(), await start()];
const end = new AbortController();
try {
  const { harness } = busy;
  await warmUp(100, quiet.read);
  await warmUp(100, busy.read);
  const askers = await Promise.all(Array.from({ length: agents }, (_, n) => harness.agent(`asker-${n}`)));
  const ask = async (index: number) => {
    const call = await submit(
      askers[index % agents] as Client,
      `update accounts set balance = ${index} where id = 1`,
    );
    if (call.state !== 'waiting') throw new Error(call.reason);
    return call;
  };
  await forEach(waiting, 8, 'asks', async (index) => void (await ask(index)));
  const dana = await harness.person('dana');
  const [first, card] = [
    await timed(40, () => dana.listApprovals({ limit: 50 })),
    await timed(40, async () => {
      const { approvals } = await dana.listApprovals({ limit: 1 });
      await dana.getApproval(approvals[0]?.id as never);
    }),
  ];
  const { waiting_for_me: forMe } = await dana.listApprovals({ limit: 1 });
  print(
    `${on}: ${forMe} wait; the first page of 50 cards: ${first}; one card, and the first of the list: ${card}`,
  );

  const told = { times: 0 };
  const lookers = await Promise.all(
    Array.from({ length: Math.ceil(streams / ofOne) }, (_, n) =>
      harness.mint({ class: 'auditor', name: `eyes-${n}` }),
    ),
  );
  for (let n = 0; n < streams; n++)
    await lookOn(
      (lookers[n % lookers.length] as { client: Client }).client,
      () => void told.times++,
      end.signal,
    );
  const soon: number[] = [];
  for (let n = 0; n < 20; n++) {
    const want = told.times + streams;
    await ask(waiting + n);
    const before = performance.now();
    while (told.times < want) await pause(1);
    soon.push(performance.now() - before);
  }
  print(
    `${on}: all ${streams} consoles are told of an ask within p50 ${percentile(soon, 50).toFixed(0)} ms, ` +
      `p95 ${percentile(soon, 95).toFixed(0)} ms of its answer`,
  );

  const idle = await inTurns(7, 1, { one: quiet.read, other: busy.read });
  const going = new AbortController();
  const asking = (async () => {
    for (let n = 0; !going.signal.aborted; n++) {
      const call = await ask(waiting + 100 + n);
      await vote(dana, call, 'reject', 'load');
      await pause(500);
    }
  })();
  const beside = await inTurns(7, 1, { one: quiet.read, other: busy.read });
  going.abort();
  await asking;
  const times = ({ one, other }: typeof idle) =>
    `${(other.medianMs / one.medianMs).toFixed(2)} times as long (${one.medianMs.toFixed(1)} ms, ${other.medianMs.toFixed(1)} ms)`;
  print(`${on}: a read takes ${times(idle)} beside ${waiting} that wait and ${streams} open consoles`);
  print(`${on}: and ${times(beside)} while twice a second somebody asks and somebody rejects`);
} finally {
  end.abort();
  await quiet.harness.close();
  await busy.harness.close();
}
