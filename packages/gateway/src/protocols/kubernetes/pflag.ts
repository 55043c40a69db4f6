/**
 * Flags, read as kubectl reads them: by the rules of pflag. A flag may stand anywhere before `--`; `-nshop`, `-n=shop`,
 * `-n shop` and `--namespace=shop` are one; letters are combined; of a flag that stands twice the last one counts; what a
 * flag takes by itself (`--dry-run`, `--all`) it never takes from the next word.
 */
import { CountersignError } from '@countersign/core';

export interface FlagSpec {
  readonly name: string;
  /** One letter. */
  readonly short: string | null;
  /** What it stands for without `=`; null where it then takes the next word. */
  readonly bare: string | null;
  readonly isSwitch: boolean;
}

export type FlagSet = ReadonlyMap<string, FlagSpec>;

/**
 * Flags of a command, written as `n/namespace= all? dry-run~unchanged`: `=` takes a word, `?` is a switch, `~` says what it
 * stands for by itself.
 */
export function flagSet(...written: readonly string[]): FlagSet {
  const flags = new Map<string, FlagSpec>();
  for (const word of written.join(' ').split(/\s+/)) {
    const [, short = null, name = '', mark, bare = ''] = /^(?:(\w)\/)?([\w-]+)([=?~])(.*)$/.exec(word) ?? [];
    if (name === '') continue;
    const spec: FlagSpec = {
      name,
      short,
      bare: mark === '?' ? 'true' : mark === '~' ? bare : null,
      isSwitch: mark === '?',
    };
    flags.set(`--${name}`, spec);
    if (short !== null) flags.set(`-${short}`, spec);
  }
  return flags;
}

/** The flags of a call, and its other words. */
export class Flags {
  readonly #values = new Map<string, string[]>();

  add({ name, isSwitch }: FlagSpec, value: string): void {
    if (isSwitch && !truths.has(value)) throw malformed(`--${name}=${value.slice(0, 40)}`, 'true or false');
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  /** The last value; null where the flag is not there. */
  value(name: string): string | null {
    return this.#values.get(name)?.at(-1) ?? null;
  }

  /** All values, in order; where several can stand in one word, taken apart at commas. */
  list(name: string): readonly string[] {
    return (this.#values.get(name) ?? []).flatMap((value) => value.split(','));
  }

  isOn(name: string, otherwise = false): boolean {
    const value = this.value(name);
    return value === null ? otherwise : truths.get(value) === true;
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }
}

/** As Go reads a boolean. */
const truths: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

export interface ParsedFlags {
  readonly flags: Flags;
  /** The words that are no flags, before `--`. */
  readonly args: readonly string[];
  /** The words after `--`; null where there is none. */
  readonly rest: readonly string[] | null;
}

/** @throws {CountersignError} `not_supported` for a flag that is not in the set; `malformed` for what is no flag at all. */
export function parseFlags(words: readonly string[], known: FlagSet): ParsedFlags {
  const flags = new Flags();
  const args: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') return { flags, args, rest: left };
    if (!word.startsWith('-') || word === '-') args.push(word);
    else if (word.startsWith('--')) readLong(word, left, known, flags);
    else readShort(word, left, known, flags);
  }
  return { flags, args, rest: null };
}

function readLong(word: string, left: string[], known: FlagSet, flags: Flags): void {
  const equals = word.indexOf('=');
  const written = equals < 0 ? word : word.slice(0, equals);
  const spec = known.get(normalized(written));
  if (spec === undefined) throw unknown(written);
  flags.add(spec, equals < 0 ? (spec.bare ?? next(written, left)) : word.slice(equals + 1));
}

function readShort(word: string, left: string[], known: FlagSet, flags: Flags): void {
  for (let letters = word.slice(1); letters !== ''; ) {
    const written = `-${letters[0]}`;
    const spec = known.get(written);
    if (spec === undefined) throw unknown(written);
    const after = letters.slice(1);
    if (after.length > 1 && after.startsWith('=')) return flags.add(spec, after.slice(1));
    if (spec.bare === null) return flags.add(spec, after === '' ? next(written, left) : after);
    flags.add(spec, spec.bare);
    letters = after;
  }
}

/** kubectl takes `_` in the name of a flag for `-`. */
export const normalized = (written: string): string => written.replaceAll('_', '-');

function next(written: string, left: string[]): string {
  const value = left.shift();
  if (value === undefined) throw malformed(`${written} without a value`, `${written} VALUE`);
  return value;
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
const unknown = (written: string) =>
  new CountersignError('not_supported', {
    what: `the flag ${written.slice(0, 60)} is not on the list of this command`,
  });
