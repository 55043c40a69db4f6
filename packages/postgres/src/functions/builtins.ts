/** The server's own functions, operators and types, from the table that `scripts/generate-builtins.js` made. */

import {
  builtinCastLines,
  builtinCategoryLines,
  builtinFunctionLines,
  builtinOperatorLines,
  builtinTypeNames,
} from '../generated/builtins.ts';
import { type Major, supportedMajors } from '../major.ts';

export interface BuiltinFunction {
  readonly name: string;
  /** Types of the input arguments, as the server writes them. */
  readonly arguments: readonly string[];
  readonly defaults: number;
  readonly variadic: boolean;
  readonly kind: 'f' | 'p' | 'a' | 'w';
  readonly volatility: 'i' | 's' | 'v';
  readonly returnsSet: boolean;
  readonly returns: string;
  /** Names of the output columns where it returns a row. */
  readonly outputs: readonly string[];
  /** Their types, as the server writes them. */
  readonly outputTypes: readonly string[];
  /** The oldest and the newest supported major version, or one of them: where it was seen. */
  readonly majors: readonly number[];
}

const list = (text: string): string[] => (text === '' ? [] : text.split(','));

function readLine(line: string): BuiltinFunction {
  const [name = '', args = '', defaults, variadic, flags = '', returns = '', outputs = '', majors = ''] =
    line.split('|');
  return {
    name,
    arguments: list(args),
    defaults: Number(defaults),
    variadic: variadic === 'v',
    kind: flags[0] as BuiltinFunction['kind'],
    volatility: flags[1] as BuiltinFunction['volatility'],
    returnsSet: flags[2] === 's',
    returns,
    outputs: list(outputs).map((output) => output.slice(0, output.indexOf('='))),
    outputTypes: list(outputs).map((output) => output.slice(output.indexOf('=') + 1)),
    majors: list(majors).map(Number),
  };
}

let functions: Map<string, BuiltinFunction[]> | undefined;

function load(): Map<string, BuiltinFunction[]> {
  const byName = new Map<string, BuiltinFunction[]>();
  for (const line of builtinFunctionLines.split('\n')) {
    const fn = readLine(line);
    const same = byName.get(fn.name);
    if (same === undefined) byName.set(fn.name, [fn]);
    else same.push(fn);
  }
  return byName;
}

/**
 * The functions of `pg_catalog` with this name, or of `information_schema` with this name after it and a dot. A major version between those the table was made from may have any of
 * them. The table is read at the first use, in a few milliseconds.
 */
export function builtinFunctions(name: string, major: Major): readonly BuiltinFunction[] {
  const same = (functions ??= load()).get(name) ?? [];
  if (major !== supportedMajors[0] && major !== supportedMajors.at(-1)) return same;
  return same.filter((fn) => fn.majors.includes(major));
}

export interface BuiltinOperator {
  readonly name: string;
  /** Null for a prefix operator. Types as the server writes them. */
  readonly left: string | null;
  readonly right: string;
  readonly returns: string;
  readonly majors: readonly number[];
}

let operators: Map<string, BuiltinOperator[]> | undefined;

function loadOperators(): Map<string, BuiltinOperator[]> {
  const byName = new Map<string, BuiltinOperator[]>();
  for (const line of builtinOperatorLines.split('\n')) {
    const [name = '', left = '', right = '', returns = '', majors = ''] = line.split('\t');
    const one = { name, left: left === '' ? null : left, right, returns, majors: list(majors).map(Number) };
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [one]);
    else same.push(one);
  }
  return byName;
}

/** The operators of `pg_catalog` with this name. */
export function builtinOperators(name: string, major: Major): readonly BuiltinOperator[] {
  const same = (operators ??= loadOperators()).get(name) ?? [];
  if (major !== supportedMajors[0] && major !== supportedMajors.at(-1)) return same;
  return same.filter((one) => one.majors.includes(major));
}

/** A cast between two of the server's own types. */
export interface BuiltinCast {
  readonly source: string;
  readonly target: string;
  readonly implicit: boolean;
}

export function builtinCasts(): readonly BuiltinCast[] {
  return builtinCastLines.split('\n').map((line) => {
    const [source = '', target = '', context] = line.split('>');
    return { source, target, implicit: context === 'i' };
  });
}

/** A letter for each of the server's own types: `pg_type.typcategory`; and whether it is the preferred one of them. */
export function builtinCategories(): readonly (readonly [
  type: string,
  category: string,
  preferred: boolean,
])[] {
  return builtinCategoryLines.split('\n').map((line) => {
    const [type = '', category = ''] = line.split('>');
    return [type, category[0] ?? 'U', category.endsWith('!')];
  });
}

const typeNames: ReadonlySet<string> = new Set(builtinTypeNames.split(' '));

export const isBuiltinOperator = (name: string): boolean => (operators ??= loadOperators()).has(name);
export const isBuiltinType = (name: string): boolean => typeNames.has(name);

/** Whether a call with so many arguments can mean this function: defaults may be left out, variadic ones repeated. */
export function acceptsArguments(
  fn: { readonly arguments: readonly unknown[]; readonly defaults: number; readonly variadic: boolean },
  count: number,
): boolean {
  const most = fn.variadic ? Number.POSITIVE_INFINITY : fn.arguments.length;
  const least = fn.arguments.length - fn.defaults - (fn.variadic ? 1 : 0);
  return count >= least && count <= most;
}
