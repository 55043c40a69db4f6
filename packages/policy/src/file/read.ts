/**
 * Small readers that turn a tree into values and report what does not fit. A reader returns undefined after reporting;
 * nothing is used of a file with problems, so the callers fill such gaps with whatever fits the type.
 */
import type { Report } from './report.ts';
import type { Schema } from './schema.ts';
import type { Position, Tree } from './tree.ts';

export interface Read<T> {
  (tree: Tree, report: Report): T | undefined;
  /** What it reads, for editors and the reference. */
  readonly schema: Schema;
}

/** A reader that says what it reads. */
export function reader<T>(schema: Schema, read: (tree: Tree, report: Report) => T | undefined): Read<T> {
  return Object.assign((tree: Tree, report: Report) => read(tree, report), { schema });
}

/** The same reader as a key: what the key is for, and what stands in for it where it is left out, as written. */
export function described<T>(read: Read<T>, description: string, absent?: Schema['default']): Read<T> {
  return reader({ ...read.schema, description, ...(absent === undefined ? {} : { default: absent }) }, read);
}

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
  return reader(objectSchema(shape, required), (tree, report) => {
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
  });
}

/** A mapping with these keys and no others. */
export function objectSchema(
  shape: Readonly<Record<string, { readonly schema: Schema }>>,
  required: readonly string[],
): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(shape).map(([name, { schema }]) => [name, schema])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** A mapping whose keys are names of the writer's own. */
export function record<T>(
  what: string,
  entry: Schema,
  readEntry: (name: string, at: Position, value: Tree, report: Report) => T | undefined,
): Read<ReadonlyMap<string, T>> {
  return reader({ type: 'object', additionalProperties: entry }, (tree, report) => {
    if (tree.kind !== 'map') return wrongKind(tree, report, `${what}: a mapping by name`);
    const values = new Map<string, T>();
    for (const { key, at, value } of tree.entries.values()) {
      const got = readEntry(key, at, value, report);
      if (got !== undefined) values.set(key, got);
    }
    return values;
  });
}

/** A list with at least one item: an empty one would match nothing, which nobody means. */
export function list<T>(what: string, item: Read<T>): Read<readonly T[]> {
  const schema: Schema = { type: 'array', items: item.schema, minItems: 1 };
  return reader(schema, (tree, report) => {
    if (tree.kind !== 'list') return wrongKind(tree, report, `a list of ${what}`);
    if (tree.items.length === 0) {
      report.problem(tree.at, 'the list is empty', { expected: `at least one of ${what}, or no such key` });
      return undefined;
    }
    return anyList(item)(tree, report);
  });
}

/** A list that may be empty. */
export function anyList<T>(item: Read<T>): Read<readonly T[]> {
  return reader({ type: 'array', items: item.schema }, (tree, report) => {
    if (tree.kind !== 'list') return wrongKind(tree, report, 'a list');
    const values: T[] = [];
    for (const entry of tree.items) {
      const got = item(entry, report);
      if (got !== undefined) values.push(got);
    }
    return values;
  });
}

/** Text of at least one character. `${VAR}` is refused here: what policy says must not depend on the machine. */
export function text(what: string, max = 500): Read<string> {
  return reader({ title: what, type: 'string', minLength: 1, maxLength: max }, (tree, report) => {
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
  });
}

/** Text of one form. The text stands in the problem: not for credentials. */
export function textLike(what: string, pattern: RegExp): Read<string> {
  const read = text(what);
  // A class of unicode means something else to an editor that matches without the flag.
  const form = pattern.unicode ? {} : { pattern: pattern.source };
  return reader({ ...read.schema, ...form }, (tree, report) => {
    const value = read(tree, report);
    if (value === undefined || pattern.test(value)) return value;
    report.problem(tree.at, `"${value.slice(0, 100)}" has another form`, { expected: what });
    return undefined;
  });
}

export function oneOf<const T extends string>(words: readonly T[]): Read<T> {
  return reader({ type: 'string', enum: words }, (tree, report) => {
    const value = tree.kind === 'scalar' ? tree.value : undefined;
    if (typeof value !== 'string') return wrongKind(tree, report, `one of ${words.join(', ')}`);
    const found = words.find((word) => word === value);
    if (found === undefined)
      report.notOneOf(tree.at, `"${value.slice(0, 100)}" is not known here`, value, words);
    return found;
  });
}

export const flag: Read<boolean> = reader({ type: 'boolean' }, (tree, report) =>
  tree.kind === 'scalar' && typeof tree.value === 'boolean'
    ? tree.value
    : wrongKind(tree, report, 'true or false'),
);

export function wholeNumber(what: string, min: number, max: number): Read<number> {
  const expected = min === max ? `${what}: ${min}` : `${what}: a whole number from ${min} to ${max}`;
  return reader({ type: 'integer', minimum: min, maximum: max }, (tree, report) => {
    if (tree.kind !== 'scalar' || typeof tree.value !== 'number') return wrongKind(tree, report, expected);
    if (Number.isInteger(tree.value) && tree.value >= min && tree.value <= max) return tree.value;
    report.problem(tree.at, `${tree.value} is out of range`, { expected });
    return undefined;
  });
}
