/**
 * Goes on with parked runs as soon as people have decided. Start as many as you like: each run is one worker's at a
 * time. `node worker.ts`, or `node worker.ts --once` for those that can go on now.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayClient } from '@countersign/agents';
import { RunState } from '@openai/agents';
import { runner, supportAgent } from './support.ts';

const gateway = gatewayClient();
/** Runs that could not go on here. They are given back: to another worker, or to whoever drops them with `finish`. */
const leftAlone = new Set<string>();

/** Takes up one run: it ends, or waits again. */
async function goOn(id: string): Promise<void> {
  // Made anew for each run, and before its state is read: the tools have to be there.
  const agent = supportAgent(gateway);
  const state = await RunState.fromString(agent, await gateway.unpark(id));
  await gateway.applyVotes(state);
  const result = await runner.run(agent, state);
  if (result.interruptions.length > 0) {
    await gateway.park(result);
    console.log(`${id} waits again`);
  } else {
    await gateway.finish(id);
    console.log(`${id} ${String(result.finalOutput)}`);
  }
}

/** The runs whose calls are all decided, and that no other worker has. */
async function decidedRuns(): Promise<readonly string[]> {
  const runs = await gateway.parkedRuns();
  return runs
    .filter(({ id, waiting, leased_until }) => waiting === 0 && leased_until === null && !leftAlone.has(id))
    .map(({ id }) => id);
}

async function workThrough(): Promise<void> {
  for (const id of await decidedRuns()) {
    try {
      await goOn(id);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      // Another worker was faster.
      if (code === 'run_taken' || code === 'not_found') continue;
      leftAlone.add(id);
      console.error(`${id} ${message}`);
      await gateway.release(id).catch(() => {});
    }
  }
}

if (process.argv.includes('--once')) await workThrough();
else {
  let more = Promise.withResolvers<void>();
  const look = () => more.resolve();
  gateway.on('decided', look, { catchUp: look });
  for (;;) {
    // Now and then also by itself: a run whose worker died can be taken again once its lease is over.
    await Promise.race([more.promise, sleep(60_000)]);
    more = Promise.withResolvers();
    await workThrough();
  }
}
