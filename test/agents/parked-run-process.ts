/**
 * An application in a process of its own: it starts a run and parks it, or takes a parked one up again. Its job is its
 * first argument; each line that it prints is one thing it did.
 */
import { gatewayClient } from '@countersign/agents';
import { RunState } from '@openai/agents';
import { agentOf, runner, type Turns } from './teller.ts';

export type Job =
  | { readonly do: 'start'; readonly turns: Turns; readonly stay?: boolean }
  | {
      readonly do: 'resume';
      readonly turns: Turns;
      readonly id: string;
      /** Leaves the run taken, as a process does that dies before it is done. */
      readonly unfinished?: boolean;
      readonly stay?: boolean;
    };

function print(did: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(did)}\n`);
}

async function work(job: Job): Promise<void> {
  const gateway = gatewayClient();
  const agent = agentOf(gateway, job.turns);
  if (job.do === 'start') {
    const paused = await runner.run(agent, 'go', { context: { user: 'ada' } });
    print({ parked: await gateway.park(paused) });
  } else {
    const state = await RunState.fromString(agent, await gateway.unpark(job.id));
    await gateway.applyVotes(state);
    const result = await runner.run(agent, state);
    print({ told: JSON.parse(String(result.finalOutput)) as unknown });
    if (job.unfinished !== true) await gateway.finish(job.id);
  }
  if (job.stay === true) setInterval(() => {}, 60_000);
}

const [, , given = ''] = process.argv;
await work(JSON.parse(given) as Job).catch((error: unknown) => {
  print({ failed: (error as { code?: string }).code ?? String(error) });
  process.exitCode = 1;
});
