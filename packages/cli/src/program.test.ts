import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CountersignError } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { commands } from './commands/index.ts';
import { exitCodes } from './exit-codes.ts';
import type { AddCommand } from './options.ts';
import { runProgram } from './program.ts';
import { terminalOf } from './terminal/terminal.ts';

async function runWith(add: AddCommand, argv: readonly string[], env: Record<string, string> = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runProgram(argv, {
    terminal: terminalOf({ stdin: new PassThrough(), stdout, stderr }, env),
    signal: new AbortController().signal,
    directory: '/',
    now: () => new Date(0),
    commands: [add],
  });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

/** The real commands. */
const whole: AddCommand = (program, host) => {
  for (const add of commands) add(program, host);
};

const throwing =
  (thrown: () => unknown): AddCommand =>
  (program) => {
    program.command('fail').action(() => {
      throw thrown();
    });
  };

describe('how a command ends', () => {
  test('with the exit code it chose, its data on stdout', async () => {
    const add: AddCommand = (program, host) => {
      program.command('answer').action(async () => {
        await host.terminal.out.line('42');
        host.exit(exitCodes.ask);
      });
    };
    expect(await runWith(add, ['answer'])).toEqual({ code: 4, stdout: '42\n', stderr: '' });
  });

  test.each([
    ['malformed', 2],
    ['config_invalid', 2],
    ['unreachable', 3],
    ['target_unavailable', 3],
    ['not_eligible', 1],
    ['internal', 1],
  ] as const)(
    'an error %s is exit code %i, on stderr, with its code and without a stack',
    async (code, exit) => {
      const result = await runWith(
        throwing(() => new CountersignError(code, { what: 'x' })),
        ['fail'],
      );
      expect(result).toMatchObject({ code: exit, stdout: '' });
      expect(result.stderr).toContain(`(${code})`);
      expect(result.stderr).not.toMatch(/\n\s+at /);
    },
  );

  test('a fault nobody foresaw says its own words, and still no stack', async () => {
    const result = await runWith(
      throwing(() => new TypeError('cannot do \u001b[31mthat')),
      ['fail'],
    );
    expect(result.code).toBe(1);
    expect(result.stderr).toBe('error Something went wrong: cannot do ⟨U+001B⟩[31mthat (internal)\n');
  });

  test('an unknown command or option is wrong usage, with the nearest right one', async () => {
    const add = throwing(() => new Error('never'));
    expect(await runWith(add, ['fial'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean fail?'),
    });
    expect(await runWith(add, ['fail', '--quick'])).toMatchObject({ code: 2, stdout: '' });
  });

  test.each([
    ['demo'],
    ['serve'],
    ['doctor'],
    ['verify', 'ledger.jsonl'],
    ['policy', 'test'],
    ['setup', 'postgres', 'shop-db'],
  ])(
    '%s asks no gateway: an option that leads to one is refused, and the token not shown',
    async (...argv) => {
      for (const option of ['--gateway', '--token']) {
        const { code, stdout, stderr } = await runWith(whole, [...argv, option, 'cs_operator_1']);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toContain(`${option} has no effect here: `);
        expect(stderr).not.toContain('cs_operator_1');
      }
    },
  );

  test('every command takes a policy file and --json, the demo and the gateway too', async () => {
    for (const line of ['demo -c none.yaml --json --gateway x', 'serve -c none.yaml --json --gateway x'])
      expect(await runWith(whole, line.split(' '))).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--gateway has no effect here'),
      });
  });

  test('every command is listed, and has a help of its own', async () => {
    const { stdout } = await runWith(whole, ['--help']);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
    expect(names).toHaveLength(commands.length);
    for (const name of names) {
      const help = await runWith(whole, [name, '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).not.toContain('help [command]');
    }
  });

  test('--help is data, and names the exit codes', async () => {
    const result = await runWith(
      throwing(() => new Error('never')),
      ['--help'],
    );
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('130  ended by Ctrl-C');
  });
});
