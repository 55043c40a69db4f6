/**
 * Finds the rules that may speak of an effect without looking at those that can't: by connection, by base action, by
 * who, and by the segments of a pattern that come before its first star. What it finds is still compared in full.
 */
import {
  type BaseAction,
  baseAction,
  baseActions,
  type Effect,
  encodeSegment,
  splitResource,
} from '@countersign/core';
import type { Rule } from '../policy.ts';
import { type CompiledScope, compileScope, matchesConnection } from './compiled-scope.ts';
import type { Question } from './question.ts';

export interface CompiledRule extends CompiledScope {
  readonly rule: Rule;
  /** The place in the file. */
  readonly order: number;
  readonly except: CompiledScope | null;
}

export function compileRule(rule: Rule, order: number): CompiledRule {
  const except = rule.except === undefined ? null : compileScope(rule.except);
  return { ...compileScope(rule), rule, order, except };
}

/** A tree over the segments of patterns. A rule stands where its pattern's literal segments end. */
interface Branch {
  readonly rules: CompiledRule[];
  readonly below: Map<string, Branch>;
}

const branch = (): Branch => ({ rules: [], below: new Map() });

function under(parent: Branch, segment: string): Branch {
  let child = parent.below.get(segment);
  if (child === undefined) {
    child = branch();
    parent.below.set(segment, child);
  }
  return child;
}

/** The rules of one connection. */
export class RuleIndex {
  /** By base action, then by whom: `g` and a group, `p` and a principal, or empty for everyone. */
  readonly #roots = new Map<BaseAction, Map<string, Branch>>();

  constructor(rules: readonly CompiledRule[], connection: Question['connection']) {
    for (const compiled of rules)
      if (matchesConnection(compiled.rule, connection))
        for (const action of basesOf(compiled.rule)) this.#add(action, compiled);
  }

  #add(action: BaseAction, compiled: CompiledRule): void {
    let byWho = this.#roots.get(action);
    if (byWho === undefined) {
      byWho = new Map();
      this.#roots.set(action, byWho);
    }
    for (const key of whoKeys(compiled.rule)) {
      let root = byWho.get(key);
      if (root === undefined) {
        root = branch();
        byWho.set(key, root);
      }
      if (compiled.patterns === null) root.rules.push(compiled);
      for (const { kind, literals } of compiled.patterns ?? [])
        literals.reduce(under, under(root, kind)).rules.push(compiled);
    }
  }

  /** The rules that may speak of an effect of this principal, each once, in the order of the file. */
  candidates(effect: Effect, principal: Question['principal']): readonly CompiledRule[] {
    const found = new Set<CompiledRule>();
    for (const root of this.#rootsOf(baseAction(effect.action), principal)) {
      for (const rule of root.rules) found.add(rule);
      collect(root, effect, found);
    }
    return [...found].sort((a, b) => a.order - b.order);
  }

  /** The rules for an action of this principal, whatever they say of resources. */
  all(action: BaseAction, principal: Question['principal']): readonly CompiledRule[] {
    const found = new Set<CompiledRule>();
    for (const root of this.#rootsOf(action, principal)) everything(root, found);
    return [...found].sort((a, b) => a.order - b.order);
  }

  *#rootsOf(action: BaseAction, { groups, id }: Question['principal']): Iterable<Branch> {
    const byWho = this.#roots.get(action);
    for (const key of ['', `p${id}`, ...groups.map((group) => `g${group}`)]) {
      const root = byWho?.get(key);
      if (root !== undefined) yield root;
    }
  }
}

function basesOf({ actions }: Rule): ReadonlySet<BaseAction> {
  return new Set(actions === undefined ? baseActions : actions.map(baseAction));
}

function whoKeys({ who }: Rule): readonly string[] {
  if (who?.principals !== undefined) return who.principals.map((id) => `p${id}`);
  if (who?.groups !== undefined) return who.groups.map((group) => `g${group}`);
  return [''];
}

function collect(root: Branch, { resource, columns }: Effect, found: Set<CompiledRule>): void {
  const { kind, segments } = splitResource(resource);
  if (kind === 'k8s') return followAll(root.below.get(kind), segments, found);
  follow(root.below.get(kind), segments, found);
  if (kind === 'column') follow(root.below.get('table'), segments.slice(0, -1), found);
  if (kind !== 'table') return;
  const table = follow(root.below.get('column'), segments, found);
  if (table === undefined) return;
  if (columns === undefined || columns.length === 0) everything(table, found);
  else for (const column of columns) follow(table.below.get(encodeSegment(column)), [], found);
}

/** Collects along a path; returns its end if the tree goes that far. */
function follow(
  from: Branch | undefined,
  segments: readonly string[],
  found: Set<CompiledRule>,
): Branch | undefined {
  let at = from;
  for (const segment of segments) {
    if (at === undefined) return undefined;
    for (const rule of at.rules) found.add(rule);
    at = at.below.get(segment);
  }
  for (const rule of at?.rules ?? []) found.add(rule);
  return at;
}

/** Collects along all paths that a name may stand for, where a segment that is a star means any. */
function followAll(
  at: Branch | undefined,
  [segment, ...rest]: readonly string[],
  found: Set<CompiledRule>,
): void {
  for (const rule of at?.rules ?? []) found.add(rule);
  if (at === undefined || segment === undefined) return;
  const below = segment === '*' ? [...at.below.values()] : [at.below.get(segment)];
  for (const child of below) followAll(child, rest, found);
}

function everything(at: Branch, found: Set<CompiledRule>): void {
  for (const rule of at.rules) found.add(rule);
  for (const child of at.below.values()) everything(child, found);
}
