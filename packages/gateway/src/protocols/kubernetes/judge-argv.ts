/** What a command line of kubectl would do: its command, its flags, its words and its manifests, as effects. */
import { CountersignError, type Effect } from '@countersign/core';
import { checkOutput, type Given } from './commands/command.ts';
import { commandAt, commandBelow, refused } from './commands/index.ts';
import { findCommand } from './find-command.ts';
import { builtInKinds, type Kinds } from './kinds.ts';
import { checkNamespace } from './names.ts';
import { parseFlags } from './pflag.ts';

export interface JudgedArgv {
  /** `rollout restart`. */
  readonly path: string;
  readonly effects: readonly Effect[];
  /** The names of its flags, sorted. */
  readonly flags: readonly string[];
  /** What `--selector` and `--field-selector` say; null where they don't. */
  readonly selector: string | null;
  readonly fieldSelector: string | null;
}

/** Effects of one call; a card with more is nothing that anybody reads. */
const maxEffects = 1000;

/**
 * @param namespace What is meant where the line says nothing.
 * @param kinds What the words of the line may name.
 * @throws {CountersignError} with the code of the denial: `not_supported` for a command or a flag that is not on the list,
 * `unknown_object` for a kind that is not among them, `malformed`, `parse_failed`, `too_large`.
 */
export function judgeArgv(
  argv: readonly string[],
  stdin: string | null,
  namespace: string,
  kinds: Kinds = builtInKinds,
): JudgedArgv {
  const { path, words, stranger } = findCommand(argv, commandBelow, (at) => commandAt(at)?.flags ?? null);
  const why = refused.get(path);
  if (why !== undefined) throw notSupported(`kubectl ${path}: ${why}`);
  const command = commandAt(path);
  if (command === null) {
    const said = [path, stranger].filter((word) => word !== null && word !== '').join(' ');
    throw said === ''
      ? new CountersignError('malformed', { what: 'no command', expected: 'one like get pods' })
      : notSupported(`kubectl ${said.slice(0, 60)}`);
  }
  const { flags, args, rest } = parseFlags(words, command.flags);
  const said = flags.value('namespace');
  const given: Given = {
    kinds,
    flags,
    args: rest !== null && !takesCommand.has(path) ? [...args, ...rest] : args,
    rest: takesCommand.has(path) ? rest : null,
    namespace: said === null ? namespace : checkNamespace(said),
    namespaceGiven: said !== null,
    stdin,
  };
  checkOutput(given);
  checkVerbosity(flags.value('v'));
  if (stdin !== null && !readsStdin(path, given))
    throw new CountersignError('malformed', {
      what: 'stdin that nothing reads',
      expected: '-f -, or no stdin',
    });
  const effects = distinct(command.effects(given));
  if (effects.length > maxEffects)
    throw new CountersignError('too_large', {
      what: `${effects.length} effects`,
      expected: `at most ${maxEffects}`,
    });
  return {
    path,
    effects,
    flags: flags.names().toSorted(),
    selector: flags.value('selector'),
    fieldSelector: flags.value('field-selector'),
  };
}

/** Where what follows `--` is a command for a container, and no words of kubectl's. */
const takesCommand: ReadonlySet<string> = new Set([
  'exec',
  'debug',
  'run',
  'create deployment',
  'create job',
  'create cronjob',
]);

/** With more of it, kubectl writes out what it sends and gets. */
function checkVerbosity(level: string | null): void {
  if (level !== null && !/^[0-5]$/.test(level)) throw notSupported(`--v=${level.slice(0, 20)}: more than 5`);
}

const readsStdin = (path: string, { flags, args }: Given): boolean =>
  flags.value('filename') !== null ||
  (path === 'set env' && (args.includes('-') || flags.list('env').includes('-')));

function distinct(effects: readonly Effect[]): readonly Effect[] {
  const byText = new Map(effects.map((effect) => [JSON.stringify(effect), effect]));
  return [...byText.values()];
}

const notSupported = (what: string) => new CountersignError('not_supported', { what });
