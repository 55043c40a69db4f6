/**
 * Whether one scope contains another: everything the inner one matches, the outer one matches too. Where that can't be
 * told it is taken not to.
 */
import { type Action, actionCovers, baseActions, separatorOf, splitResource } from '@countersign/core';
import { type CompiledScope, compileScope, matchesConnection } from '../decide/compiled-scope.ts';
import { compilePattern, type Pattern } from '../decide/pattern.ts';
import type { ConnectionConfig, Scope } from '../policy.ts';

export type Connections = ReadonlyMap<string, ConnectionConfig>;

/** The configured connections that a scope speaks of. */
export function connectionsOf(scope: Scope, connections: Connections): readonly ConnectionConfig[] {
  return [...connections.values()].filter((connection) => matchesConnection(scope, connection));
}

export function contains(outer: Scope, inner: Scope, connections: Connections): boolean {
  return (
    containsWho(outer, inner) &&
    connectionsOf(inner, connections).every((connection) => matchesConnection(outer, connection)) &&
    containsActions(outer, inner) &&
    containsResources(compileScope(outer), compileScope(inner))
  );
}

function containsWho({ who: outer }: Scope, { who: inner }: Scope): boolean {
  return isPart(inner?.groups, outer?.groups) && isPart(inner?.principals, outer?.principals);
}

/** An absent list stands for everything. */
function isPart(some: readonly string[] | undefined, of: readonly string[] | undefined): boolean {
  return of === undefined || (some?.every((one) => of.includes(one)) ?? false);
}

function containsActions({ actions: outer }: Scope, { actions: inner }: Scope): boolean {
  const covered = (action: Action) => outer?.some((named) => actionCovers(named, action)) ?? true;
  return (inner ?? baseActions).every(covered);
}

function containsResources({ patterns: outer }: CompiledScope, { patterns: inner }: CompiledScope): boolean {
  if (outer === null) return true;
  return inner?.every((one) => outer.some((pattern) => containsPattern(pattern, one))) ?? false;
}

/**
 * No name holds a bare star, so a star in the inner pattern is taken for a character that only a star of the outer one
 * matches. A double star stands for nothing, for one segment, and for more segments than the outer pattern can name.
 */
export function containsPattern(outer: Pattern, inner: Pattern): boolean {
  const asOuter = outer.kind === 'table' && inner.kind === 'column' ? tableOf(inner) : inner;
  if (asOuter === null) return false;
  if (!asOuter.text.includes('**')) return outer.matches(asOuter.text);
  const many = Array<string>(outer.text.length + 1)
    .fill('*')
    .join(separatorOf(asOuter.kind));
  return ['', '*', many].every((text) => outer.matches(asOuter.text.replaceAll('**', text)));
}

/** The tables of a column pattern; null where a double star hides where the table's name ends. */
function tableOf({ text }: Pattern): Pattern | null {
  if (text.includes('**')) return null;
  return compilePattern('table', splitResource(text).segments.slice(0, -1).join('.'));
}
