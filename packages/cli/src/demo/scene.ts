/** One run of the agent, told as it happens. */
import { gatewayClient, guardedTool } from '@countersign/agents';
import { Agent, type Model, Runner } from '@openai/agents';
import { jsonOrNull } from '../json-or-null.ts';
import type { Host } from '../options.ts';
import { voteOnAll } from './approver.ts';
import { instructions, type Scene } from './script.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

/** More than any scene needs; a real model that goes on and on is stopped by it. */
const maxTurns = 12;

/**
 * Plays a scene to its end.
 *
 * @param model What plays the agent; the SDK's default model where it is left out.
 */
export async function playScene(
  scene: Scene,
  model: Model | undefined,
  stage: Stage,
  world: World,
  host: Host,
): Promise<void> {
  await stage.heading(scene.title);
  await stage.says('you', scene.asked);
  const gateway = gatewayClient({ url: world.url, token: world.agentToken });
  const agent = new Agent({
    name: 'Support',
    instructions,
    tools: [guardedTool({ gateway, sql: 'shop-db' })],
    ...(model === undefined ? {} : { model }),
  });
  const told = new Set<string>();
  const answered = new Set<string>();
  let rejected = false;
  const runner = new Runner({ tracingDisabled: true });
  /** What is said is said in order, one after the other. */
  let saying = Promise.resolve();
  const say = (work: () => Promise<void>) => {
    saying = saying.then(work);
  };
  runner.on('agent_tool_start', (_context, _agent, _tool, { toolCall }) => {
    if (toolCall.type === 'function_call')
      say(() => tellCall(toolCall.callId, toolCall.arguments, told, stage));
  });
  runner.on('agent_tool_end', (_context, _agent, _tool, result, { toolCall }) => {
    if (toolCall.type === 'function_call') answered.add(toolCall.callId);
    say(() => stage.given(result));
  });

  const { signal } = host;
  let result = await runner.run(agent, scene.asked, { signal, maxTurns });
  for (let waiting = gateway.pending(result); waiting.length > 0; waiting = gateway.pending(result)) {
    const ids = new Set(waiting.map(({ callId }) => callId));
    for (const { rawItem } of result.interruptions)
      if (rawItem.type === 'function_call' && ids.has(rawItem.callId))
        say(() => tellCall(rawItem.callId, rawItem.arguments, told, stage));
    await saying;
    if (await voteOnAll(world.dana, stage, host)) rejected = true;
    await gateway.applyVotes(result.state);
    result = await runner.run(agent, result.state, { signal, maxTurns });
    // For a call that was rejected the SDK tells of no tool: its answer is among the new items only.
    for (const item of result.newItems)
      if (item.type === 'tool_call_output_item' && item.rawItem.type === 'function_call_result') {
        const { callId } = item.rawItem;
        if (!answered.has(callId)) say(() => stage.given(String(item.output)));
        answered.add(callId);
      }
  }
  await saying;
  await stage.says('agent', result.finalOutput ?? '');
  await stage.line();
  await stage.thought(rejected ? (scene.rejected ?? scene.moral) : scene.moral);
}

/** The statement and what it is wanted for; once for each call. */
async function tellCall(callId: string, text: string, told: Set<string>, stage: Stage): Promise<void> {
  if (told.has(callId)) return;
  told.add(callId);
  const given = jsonOrNull(text);
  const { sql, purpose } = (given !== null && typeof given === 'object' ? given : {}) as Record<
    string,
    unknown
  >;
  await stage.line();
  await stage.says('agent', typeof sql === 'string' ? sql : text, 'yellow');
  if (typeof purpose === 'string') await stage.says('', `“${purpose}”`, 'dim');
}
