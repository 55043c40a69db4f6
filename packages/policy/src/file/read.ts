/**
 * Small readers that turn a tree into values and report what does not fit. A reader returns undefined after reporting;
 * nothing is used of a file with problems, so the callers fill such gaps with whatever fits the type.
 */
import type { Report } from './report.ts';
import type { Position, Tree } from './tree.ts';

export type Read<T> = (tree: Tree, report: Report) => T | undefined;

type Shape = Readonly<Record<string, Read<unknown>>>;
type Values<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Read<infer T> ? T : never };

/** What a tree is, for a message; never its value, which may be a credential. */
function kindOf(tree: Tree): string {
  if (tree.kind === 'list') return 'a list';
  if (tree.kind === 'map') return 'a mapping';
  if (tree.value === null) return 'nothing';
  return { string: 'text', number: 'a number', boolean: 'true or false' }[
    typeof tree.value as 'string' | 'number' | 'boolean'
  ];
}

export function wrongKind(tree: Tree, report: Report, expected: string): undefined {
  report.problem(tree.at, `found ${kindOf(tree)}`, { expected });
  return undefined;
}

/** A mapping with known keys. Unknown keys are problems. */
export function object<S extends Shape>(
  what: string,
  shape: S,
  required: readonly (keyof S & string)[] = [],
): Read<Values<S>> {
  const keys = Object.keys(shape);
  return (tree, report) => {
    if (tree.kind !== 'map') return wrongKind(tree, report, `${what}: a mapping with ${keys.join(', ')}`);
    const values: Record<string, unknown> = {};
    for (const { key, at, value } of tree.entries.values()) {
      const read = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (read === undefined) report.notOneOf(at, `unknown key "${key}" in ${what}`, key, keys);
      else {
        const got = read(value, report);
        if (got !== undefined) values[key] = got;
      }
    }
    for (const key of required)
      if (!tree.entries.has(key))
        report.problem(tree.at, `${what} has no "${key}"`, { expected: `"${key}"` });
    return values as Values<S>;
  };
}

/** A mapping whose keys are names of the writer's own. */
export function record<T>(
  what: string,
  readEntry: (name: string, at: Position, value: Tree, report: Report) => T | undefined,
): Read<ReadonlyMap<string, T>> {
  return (tree, report) => {
    if (tree.kind !== 'map') return wrongKind(tree, report, `${what}: a mapping by name`);
    const values = new Map<string, T>();
    for (const { key, at, value } of tree.entries.values()) {
      const got = readEntry(key, at, value, report);
      if (got !== undefined) values.set(key, got);
    }
    return values;
  };
}

/** A list with at least one item: an empty one would match nothing, which nobody means. */
export function list<T>(what: string, item: Read<T>): Read<readonly T[]> {
  return (tree, report) => {
    if (tree.kind !== 'list') return wrongKind(tree, report, `a list of ${what}`);
    if (tree.items.length === 0) {
      report.problem(tree.at, 'the list is empty', { expected: `at least one of ${what}, or no such key` });
      return undefined;
    }
    return anyList(item)(tree, report);
  };
}

/** A list that may be empty. */
export function anyList<T>(item: Read<T>): Read<readonly T[]> {
  return (tree, report) => {
    if (tree.kind !== 'list') return wrongKind(tree, report, 'a list');
    const values: T[] = [];
    for (const entry of tree.items) {
      const got = item(entry, report);
      if (got !== undefined) values.push(got);
    }
    return values;
  };
}

/** Text of at least one character. `${VAR}` is refused here: what policy says must not depend on the machine. */
export function text(what: string, max = 500): Read<string> {
  return (tree, report) => {
    if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return wrongKind(tree, report, what);
    if (/\$\{/.test(tree.value)) {
      report.problem(tree.at, '${…} is filled in under server and in the settings of connections only', {
        expected: what,
      });
      return undefined;
    }
    if (tree.value.length === 0 || tree.value.length > max) {
      report.problem(tree.at, `${tree.value.length} characters`, {
        expected: `${what}, 1 to ${max} characters`,
      });
      return undefined;
    }
    return tree.value;
  };
}

/** Text of one form. The text stands in the problem: not for credentials. */
export function textLike(what: string, pattern: RegExp): Read<string> {
  const read = text(what);
  return (tree, report) => {
    const value = read(tree, report);
    if (value === undefined || pattern.test(value)) return value;
    report.problem(tree.at, `"${value.slice(0, 100)}" has another form`, { expected: what });
    return undefined;
  };
}

export function oneOf<const T extends string>(words: readonly T[]): Read<T> {
  return (tree, report) => {
    const value = tree.kind === 'scalar' ? tree.value : undefined;
    if (typeof value !== 'string') return wrongKind(tree, report, `one of ${words.join(', ')}`);
    const found = words.find((word) => word === value);
    if (found === undefined)
      report.notOneOf(tree.at, `"${value.slice(0, 100)}" is not known here`, value, words);
    return found;
  };
}

export const flag: Read<boolean> = (tree, report) =>
  tree.kind === 'scalar' && typeof tree.value === 'boolean'
    ? tree.value
    : wrongKind(tree, report, 'true or false');

export function wholeNumber(what: string, min: number, max: number): Read<number> {
  const expected = `${what}: a whole number from ${min} to ${max}`;
  return (tree, report) => {
    if (tree.kind !== 'scalar' || typeof tree.value !== 'number') return wrongKind(tree, report, expected);
    if (Number.isInteger(tree.value) && tree.value >= min && tree.value <= max) return tree.value;
    report.problem(tree.at, `${tree.value} is out of range`, { expected });
    return undefined;
  };
}

/** A key that belongs to a later version. It is an error, not a no-op: what it narrows would not be narrowed. */
export function notYet(key: string): Read<never> {
  return (tree, report) => {
    report.problem(tree.at, `"${key}" is not supported yet`, { expected: `a file without "${key}"` });
    return undefined;
  };
}
