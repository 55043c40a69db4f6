/** What every command takes, and how options are read. */
import { nameSchema, type Principal } from '@countersign/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal/terminal.ts';
import { UsageError } from './usage-error.ts';

/** What a command works with; made once by the program. */
export interface Host {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The folder that relative paths start from. */
  readonly directory: string;
  readonly now: () => Date;
  /** Says with what the process will end. */
  exit(code: ExitCode): void;
}

/** Adds a command to the program. */
export type AddCommand = (program: Command, host: Host) => void;

export interface CommonOptions {
  readonly config?: string;
  readonly gateway?: string;
  readonly token?: string;
  readonly json?: true;
}

/** The policy file where none is named. */
export const defaultFile = 'countersign.yaml';

/** The part of a help text that all commands share which talk to a gateway. */
const whichGateway = 'Which gateway, and as whom:';

const configOption = (what: string) => new Option('-c, --config <file>', `${what}; default: ${defaultFile}`);
const jsonOption = () => new Option('--json', 'print one JSON document instead of words');

/** Adds the options of a command that talks to a gateway. */
export function withCommonOptions(command: Command): Command {
  const shared = [
    configOption('the policy file, and the gateway that runs with it on this machine'),
    new Option('--gateway <url>', 'the gateway at this address; default: COUNTERSIGN_URL'),
    new Option('--token <token>', 'its token; better in COUNTERSIGN_TOKEN, where other users can’t read it'),
  ];
  for (const option of shared) command.addOption(option.helpGroup(whichGateway));
  return command.addOption(jsonOption());
}

/** An option of whom a command acts as, beside those of {@link withCommonOptions}. */
export function whoOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(whichGateway);
}

/** Adds lines to type, below the help of a command. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
}

/** A command that has commands. */
export function commandGroup(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).helpCommand(false);
}

/** Refuses the options that lead to a gateway, for a command that asks none: they would have no effect. */
export function withoutGateway(command: Command, why: string): Command {
  for (const [name, value] of [
    ['--gateway', '<url>'],
    ['--token', '<token>'],
  ] as const) {
    // Not commander's own error, which would show the token.
    const refuse = () => {
      throw new UsageError(`${name} has no effect here: ${why}`, 'the command without it');
    };
    command.addOption(new Option(`${name} ${value}`).hideHelp().argParser(refuse));
  }
  return command;
}

/** Takes the options that every command takes, so that a script may always give them, where they change nothing. */
export function withoutEffect(
  command: Command,
  ...options: readonly ('-c, --config <file>' | '--json')[]
): Command {
  for (const flags of options) command.addOption(new Option(flags).hideHelp());
  return command;
}

/** Adds the options of a command that asks no gateway: the policy file, and JSON. */
export function withFileOptions(command: Command, why: string): Command {
  return withoutGateway(command.addOption(configOption('the policy file')).addOption(jsonOption()), why);
}

/**
 * Has the help of a group of commands show the one that is meant where none is named: `stop --help` is where somebody in
 * a hurry looks for `--all`.
 */
export function withHelpOf(group: Command, meant: Command): void {
  group.addHelpText(
    'after',
    () => `\nWithout a command, \`${meant.name()}\` is meant:\n\n${meant.helpInformation().trimEnd()}`,
  );
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function parseName(text: string): string {
  const parsed = nameSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`${capital(parsed.error.issues[0]?.message ?? 'expected a name')}.`);
}

/** A reader of ids: what the schema refuses is wrong usage. */
export function parseId<Id>(schema: z.ZodType<Id>): (text: string) => Id {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`${capital(parsed.error.issues[0]?.message ?? 'expected an id')}.`);
  };
}

export type CallerName = Pick<Principal, 'class' | 'id' | 'name'>;

/** Reads `agent:support` or `service:nightly`. */
export function parseCaller(text: string): CallerName {
  const match = /^(agent|service):(.*)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected agent:NAME or service:NAME.');
  const name = parseName(match[2] ?? '');
  return { class: match[1] as 'agent' | 'service', id: `${match[1]}:${name}`, name };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
