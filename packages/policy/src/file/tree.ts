/**
 * A YAML text as a tree of plain values that know where they stand. Built once, bounded: what the file's readers walk
 * has no aliases, no repeated keys, no tags and no keys that confuse an object.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { Report } from './report.ts';

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Entry {
  readonly key: string;
  readonly at: Position;
  readonly value: Tree;
}

export type Scalar = string | number | boolean | null;

export type Tree =
  | { readonly kind: 'scalar'; readonly at: Position; readonly value: Scalar }
  | { readonly kind: 'list'; readonly at: Position; readonly items: readonly Tree[] }
  | { readonly kind: 'map'; readonly at: Position; readonly entries: ReadonlyMap<string, Entry> };

/** UTF-16 units; a policy that needs more is no policy a person can read. */
const maxLength = 1024 * 1024;
const maxDepth = 24;
/** Nodes after aliases are followed: what keeps a small file from unfolding into a large one. */
const maxNodes = 200_000;

const confusing: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const start: Position = { line: 1, column: 1 };

/** Reads YAML 1.2, core schema. Returns null, with problems reported, where the text can't be made a tree. */
export function readTree(text: string, report: Report): Tree | null {
  if (text.length > maxLength) {
    report.problem(start, 'the file is larger than 1 MB', { expected: 'at most 1 MB' });
    return null;
  }
  const lines = new LineCounter();
  const document = parse(text, lines, report);
  if (document === null) return null;
  for (const fault of [...document.errors, ...document.warnings]) {
    const { line, col: column } = lines.linePos(fault.pos[0]);
    report.problem({ line, column }, fault.message.split('\n', 1)[0] ?? fault.code);
  }
  if (report.problems.length > 0) return null;
  return new Walk(document, lines, report).tree(document.contents, start, 0);
}

function parse(text: string, lineCounter: LineCounter, report: Report): Document | null {
  try {
    return parseDocument(text, { lineCounter, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  } catch {
    report.problem(start, 'the file is nested too deep to be read', {
      expected: `at most ${maxDepth} levels`,
    });
    return null;
  }
}

const isText = (value: string): boolean => value.isWellFormed() && !value.includes('\0');

/** One pass over a document. Stops at the first excess, so that no file costs more than its bounds. */
class Walk {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #report: Report;
  #nodes = 0;

  constructor(document: Document, lines: LineCounter, report: Report) {
    this.#document = document;
    this.#lines = lines;
    this.#report = report;
  }

  tree(node: unknown, parent: Position, depth: number): Tree | null {
    const at = this.#position(node, parent);
    this.#nodes += 1;
    if (depth > maxDepth || this.#nodes > maxNodes) {
      if (this.#nodes <= maxNodes) this.#report.problem(at, `more than ${maxDepth} levels`);
      else if (this.#nodes === maxNodes + 1)
        this.#report.problem(at, 'the file unfolds into too many values');
      return null;
    }
    if (node === null || node === undefined) return { kind: 'scalar', at, value: null };
    if (isAlias(node)) return this.#alias(node, at, depth);
    if (isScalar(node)) return this.#scalar(node.value, at);
    if (isSeq(node)) {
      const items: Tree[] = [];
      for (const item of node.items) {
        const tree = this.tree(item, at, depth + 1);
        if (tree !== null) items.push(tree);
      }
      return { kind: 'list', at, items };
    }
    if (isMap(node)) return this.#map(node.items, at, depth);
    this.#report.problem(at, 'a value of an unknown kind');
    return null;
  }

  #alias(alias: Alias, at: Position, depth: number): Tree | null {
    const node = alias.resolve(this.#document);
    if (node !== undefined) return this.tree(node, at, depth + 1);
    this.#report.problem(at, 'an alias without its anchor', { expected: `&${alias.source} before it` });
    return null;
  }

  #scalar(value: unknown, at: Position): Tree | null {
    if (typeof value === 'string' && !isText(value)) {
      this.#report.problem(at, 'text that is not well-formed unicode, or holds a NUL');
      return null;
    }
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'boolean' ||
      typeof value === 'number'
    )
      return { kind: 'scalar', at, value };
    this.#report.problem(at, 'a value of an unknown kind', { expected: 'text, a number, true or false' });
    return null;
  }

  #map(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    at: Position,
    depth: number,
  ): Tree {
    const entries = new Map<string, Entry>();
    for (const item of items) {
      const keyAt = this.#position(item.key, at);
      const key = isAlias(item.key) ? item.key.resolve(this.#document) : item.key;
      const name = isScalar(key) && typeof key.value === 'string' && isText(key.value) ? key.value : null;
      if (name === null)
        this.#report.problem(keyAt, 'a key that is not text', { expected: 'a name; quote it' });
      else if (confusing.has(name)) this.#report.problem(keyAt, `the key "${name}" is refused`);
      else if (entries.has(name)) this.#report.problem(keyAt, 'this key stands twice in one mapping');
      else {
        const value = this.tree(item.value, keyAt, depth + 1);
        if (value !== null) entries.set(name, { key: name, at: keyAt, value });
      }
    }
    return { kind: 'map', at, entries };
  }

  #position(node: unknown, fallback: Position): Position {
    const offset = (node as Node | null | undefined)?.range?.[0];
    if (offset === undefined) return fallback;
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}

/** The tree as plain JSON, with objects that have no prototype. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  const object = Object.create(null) as Record<string, unknown>;
  for (const { key, value } of tree.entries.values()) object[key] = plain(value);
  return object;
}
