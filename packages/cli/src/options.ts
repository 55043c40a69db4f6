/** What every command takes, and how options are read. */
import { nameSchema, type Principal } from '@countersign/core';
import { type Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal/terminal.ts';

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

/** Adds the options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', `the policy file; default: ${defaultFile}`)
    .option('--gateway <url>', 'use this gateway, not the one that runs beside the policy file')
    .option('--token <token>', 'a token for the gateway; better kept in COUNTERSIGN_TOKEN')
    .option('--json', 'print one JSON document');
}

/**
 * Has the help of a group of commands show the one that is meant where none is named: `stop --help` is where somebody in
 * a hurry looks for `--all`.
 */
export function withHelpOf(group: Command, meant: Command): void {
  group.addHelpText(
    'after',
    () => `\nWithout a command, \`${meant.name()}\` is meant.\n\n${meant.helpInformation()}`,
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
