/** `countersign approvals` in a terminal: live, and by key. The terminal is a double, the gateway is not. */
import { PassThrough } from 'node:stream';
import type { Client } from '@countersign/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commands } from '../../packages/cli/src/commands/index.ts';
import { runProgram } from '../../packages/cli/src/program.ts';
import { terminalOf } from '../../packages/cli/src/terminal/terminal.ts';
import { execute, type Harness, startHarness, submit } from '../gateway/harness.ts';

let harness: Harness;
let agent: Client;
let token: string;
beforeAll(async () => {
  harness = await startHarness();
  agent = await harness.agent();
  ({ token } = await harness.mint({ class: 'person', name: 'dana' }));
});
afterAll(() => harness.close());

/** A terminal of 100 by 50, on which the command runs until it is left. */
function open(args: readonly string[] = [], isTTY = true) {
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 50 });
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: (on: boolean) => void raw.push(on) });
  const stderr = new PassThrough();
  let written = '';
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const lookers = new Set<() => void>();
  stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
    for (const look of lookers) look();
  });
  const ended = runProgram(['approvals', '--gateway', harness.url, ...args], {
    terminal: terminalOf({ stdin, stdout, stderr }, { COUNTERSIGN_TOKEN: token, NO_COLOR: '1' }),
    signal: new AbortController().signal,
    directory: '/',
    now: () => new Date(),
    commands,
  });
  /** What is on the screen now: the last frame. */
  const screen = () => written.slice(written.lastIndexOf('\u001b[H'));
  return {
    ended,
    raw,
    written: () => written,
    said: () => said,
    press: (keys: string) => void stdin.write(keys),
    until: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!screen().includes(text)) return;
          lookers.delete(look);
          resolve();
        };
        lookers.add(look);
        look();
      }),
  };
}

test('what comes is shown at once, is voted on by key, and the terminal is given back as it was', async () => {
  const { ended, raw, written, said, press, until } = open();
  await until('Nothing waits.');
  const first = await submit(agent, 'update accounts set balance = 1 where id = 1', {
    purpose: 'a\u001b[2Jb',
  });
  await until('update accounts');
  await until('1 waits for you');
  const second = await submit(agent, 'update accounts set balance = 2 where id = 2');
  await until('2 wait for you');
  press('a');
  await until('Approve exactly this?');
  press('y');
  await until(`✓ ${first.approval} is approved: you approved what agent:teller`);
  press('r');
  await until('Reject, because');
  press('not this one');
  await until('not this one');
  press('\r');
  await until(`✓ ${second.approval} is rejected: you rejected what agent:teller`);
  expect((await execute(agent, first)).outcome).toBe('succeeded');
  expect((await agent.getCall(second.id)).reason).toContain('They say: not this one');
  const third = await submit(agent, 'update accounts set balance = 3 where id = 3');
  await until('1 waits for you');
  await agent.cancelCall(third.id);
  await until('Nothing waits.');
  press('q');
  expect(await ended).toBe(0);
  expect(raw).toEqual([true, false]);
  expect(written().startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  expect(written().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  expect(written()).toContain('a⟨U+001B⟩[2Jb');
  // Gone with the screen is not what was decided on it.
  expect(said().split('\n')).toEqual([
    expect.stringContaining(`${first.approval} is approved: you approved what agent:teller asks on`),
    expect.stringContaining(`${second.approval} is rejected: you rejected what agent:teller asks on`),
    '',
  ]);
});

test('without a terminal, or where it is asked to, it prints the list once', async () => {
  await submit(agent, 'update accounts set balance = 4 where id = 4');
  for (const { ended, written } of [open([], false), open(['--plain'])]) {
    expect(await ended).toBe(0);
    expect(written()).toContain('agent:teller');
    expect(written()).not.toContain('\u001b');
  }
});
