/** `countersign demo`: the whole loop on embedded parts, no keys, no servers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CountersignError } from '@countersign/core';
import { verifyLedger } from '@countersign/gateway';
import { setTracingDisabled } from '@openai/agents';
import { eventInWords } from '../ledger/event-in-words.ts';
import { gatewayLines } from '../ledger/read-ledger.ts';
import type { Host } from '../options.ts';
import { askKey } from '../terminal/ask-key.ts';
import { playScene } from './scene.ts';
import { scenes, scriptedModel } from './script.ts';
import { snippet } from './snippet.ts';
import { Stage } from './stage.ts';
import { buildWorld, type World } from './world.ts';

/** Plays the demo. What it started is ended however it ends. */
export async function demo(host: Host): Promise<void> {
  setTracingDisabled(true);
  const stage = new Stage(host.terminal.out);
  const scripted = (host.terminal.env['OPENAI_API_KEY'] ?? '') === '';
  await stage.line();
  await stage.line(stage.paint('bold', 'Countersign'));
  await stage.thought('An agent at work on a production database, and a person who decides.');
  await stage.line();
  await using world = await buildWorld(stage);
  await stage.line(
    `${stage.paint('green', '✓')} an agent, ${scripted ? 'on the SDK’s scripted model' : 'on a real model'}, with a token that can only make calls`,
  );
  await stage.line(`${stage.paint('green', '✓')} a console, where you are dana; the link signs in once:`);
  await stage.line(world.consoleLink);
  for (const [index, scene] of scenes.entries()) {
    host.signal.throwIfAborted();
    const model = scripted ? scriptedModel(index) : undefined;
    await playScene(scene, model, stage, world, host).catch((thrown: unknown) => {
      throw scripted || thrown instanceof CountersignError || host.signal.aborted ? thrown : noModel(thrown);
    });
  }
  await tellLedger(world, stage, host);
  await stage.heading('The lines that guard a tool');
  for (const line of snippet) await stage.line(line === '' ? '' : `  ${line}`);
  await stage.line();
  if (scripted) await stage.thought('With OPENAI_API_KEY set, a real model plays the agent.');
  await stage.line();
  if (host.terminal.interactive)
    await askKey(host.terminal, '  The console stays open. Press q to end.', ['q'], host.signal);
}

function noModel(thrown: unknown): Error {
  const said = thrown instanceof Error ? thrown.message : 'no reason is known';
  return new Error(
    `The model did not answer: ${said} Without OPENAI_API_KEY a scripted one plays the agent.`,
    {
      cause: thrown,
    },
  );
}

async function tellLedger(world: World, stage: Stage, { signal }: Host): Promise<void> {
  await stage.heading('4  The record');
  const lines: string[] = [];
  const { paint, width } = stage;
  for await (const line of gatewayLines(world.operator, {}, signal)) {
    lines.push(JSON.stringify(line));
    if ('index' in line) await stage.lines(eventInWords(line, { paint, width: width - 2, ids: false }));
  }
  const publicKey = await readFile(join(world.data, 'keys.pub'), 'utf8');
  const verified = await verifyLedger(lines, { publicKey });
  if (verified.verdict === 'inconsistent')
    throw new CountersignError('ledger_inconsistent', { what: `line ${verified.line}: ${verified.reason}` });
  await stage.line();
  await stage.line(
    `${stage.paint('green', '✓')} verified: ${verified.events} events, none missing, none changed`,
  );
}
