/** A command line run in the test's own process, by the same program and without the time a process takes to start. */
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { commands } from '../../packages/cli/src/commands/index.ts';
import { runProgram } from '../../packages/cli/src/program.ts';
import { terminalOf } from '../../packages/cli/src/terminal/terminal.ts';
import type { CommandOptions, Ended } from './countersign.ts';

/** Runs a command to its end, with nothing of this process's environment. */
export async function inProcess(
  args: readonly string[],
  { stdin = '', env = {}, cwd = '/' }: CommandOptions = {},
): Promise<Ended> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const said = Promise.all([text(stdout), text(stderr)]);
  const code = await runProgram(args, {
    terminal: terminalOf({ stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr }, env),
    signal: new AbortController().signal,
    directory: cwd,
    now: () => new Date(),
    commands,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}
