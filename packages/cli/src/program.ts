/** The `countersign` command: its subcommands, and how each of them ends. */
import { Command, CommanderError } from 'commander';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import type { AddCommand, Host } from './options.ts';
import { version } from './version.ts';

export interface ProgramOptions extends Omit<Host, 'exit'> {
  readonly commands: readonly AddCommand[];
}

const exitCodesInWords = `
Begin with \`countersign demo\`. Each command tells more with --help.

Data goes to stdout, everything else to stderr. Exit codes:
  0  done, or yes                  3  gateway, store or target not reachable
  1  no: denied, failed, differs   4  a person has to be asked
  2  wrong usage or configuration  130  ended by Ctrl-C`;

/**
 * Runs one command line.
 *
 * @param argv The arguments, without the names of Node and the script.
 * @returns The exit code. Never rejects.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ExitCode> {
  const { commands, ...surroundings } = options;
  const { terminal } = surroundings;
  let code: ExitCode = exitCodes.ok;
  const host: Host = {
    ...surroundings,
    exit: (wanted) => {
      code = wanted;
    },
  };
  const program = buildProgram(commands, host);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return await reportFailure(thrown, terminal);
  }
}

/** The command with its subcommands: parsing throws a CommanderError rather than ending the process. */
export function buildProgram(commands: readonly AddCommand[], host: Host): Command {
  const { terminal } = host;
  const program = new Command('countersign')
    .description(
      'Lets agents reach production the way a careful colleague does: reading freely, asking before anything is changed.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(add --help for what the command takes)')
    .addHelpText('after', exitCodesInWords)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text),
    });
  for (const add of commands) add(program, host);
  return program;
}
