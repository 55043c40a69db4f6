/** What an application does with the SDK, played by a process that has one version of it. Prints what came of it. */
import { type GatewayClient, gatewayClient, guardedTool, resumeWhenDecided } from '@countersign/agents';
import { Agent, RunState } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing';
import { agentOf, runner, type Turns } from '../agents/teller.ts';

export const scenes = ['approved', 'rejected', 'parallel', 'nested', 'streamed'] as const;
export type Scene = (typeof scenes)[number];

/** Statements by scene; statements whose runs are to be parked; or parked runs, by id, to go on with. */
export type Script =
  | { readonly act: 'play'; readonly statements: Readonly<Record<Scene, string>> }
  | { readonly act: 'park'; readonly statements: readonly string[] }
  | { readonly act: 'resume'; readonly statements: Readonly<Record<string, string>> };

/** What the model was told of its call, or the code of what was thrown. */
export type Outcome = readonly string[];

async function play(gateway: GatewayClient, scene: Scene, statement: string): Promise<string> {
  const turns: Turns = scene === 'parallel' ? [[statement, 'select 1 as free']] : [[statement]];
  const agent = scene === 'nested' ? outer(gateway, turns) : agentOf(gateway, turns);
  if (scene === 'streamed') {
    const stream = (input: Parameters<typeof runner.run>[1]) => runner.run(agent, input, { stream: true });
    const paused = await stream('go');
    await paused.completed;
    const done = await resumeWhenDecided(agent, paused, { gateway, resume: (state) => stream(state) });
    return String(done.finalOutput);
  }
  const paused = await runner.run(agent, 'go');
  const done = await resumeWhenDecided(agent, paused, {
    gateway,
    resume: (state) => runner.run(agent, state),
  });
  return String(done.finalOutput);
}

/** An agent that asks another one, which makes the guarded call. */
function outer(gateway: GatewayClient, turns: Turns): Agent {
  const asked = modelResponder(({ request }) => {
    const last = typeof request.input === 'string' ? undefined : request.input.at(-1);
    return last?.type === 'function_call_result'
      ? [assistantMessage(JSON.stringify(last.output))]
      : [functionCall('ask_clerk', { input: 'go' }, { callId: 'clerk' })];
  });
  const clerk = agentOf(gateway, turns).asTool({ toolName: 'ask_clerk', toolDescription: 'Asks the clerk.' });
  return new Agent({ name: 'Outer', model: new ScriptedModel([asked, asked]), tools: [clerk] });
}

async function outcomes(gateway: GatewayClient, script: Script): Promise<Outcome> {
  if (script.act === 'play') {
    const told = [];
    for (const scene of scenes) told.push(await caught(play(gateway, scene, script.statements[scene])));
    return told;
  }
  const made = [];
  if (script.act === 'park') {
    for (const statement of script.statements)
      made.push(await gateway.park(await runner.run(agentOf(gateway, [[statement]]), 'go')));
    return made;
  }
  guardedTool({ gateway, sql: 'bank' });
  for (const [id, statement] of Object.entries(script.statements))
    made.push(await caught(goOn(id, statement)));
  return made;

  async function goOn(id: string, statement: string): Promise<string> {
    const agent = agentOf(gateway, [[statement]]);
    const state = await RunState.fromString(agent, await gateway.unpark(id));
    await gateway.applyVotes(state);
    const done = await runner.run(agent, state);
    await gateway.finish(id);
    return String(done.finalOutput);
  }
}

function caught(told: Promise<string>): Promise<string> {
  return told.catch((thrown: unknown) => (thrown as { code?: string }).code ?? String(thrown));
}

const [, , given = ''] = process.argv;
const said = await outcomes(gatewayClient(), JSON.parse(given) as Script);
process.stdout.write(`${JSON.stringify(said)}\n`);
