/** The narrowing keys of a rule or a mask, made ready to be compared. */
import { type Action, actionCovers, type Principal, splitResource } from '@countersign/core';
import type { Scope } from '../policy.ts';
import { type Atom, type Certainty, speaksOf } from './atom.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import type { Question } from './question.ts';

export interface CompiledScope {
  readonly scope: Scope;
  readonly patterns: readonly Pattern[] | null;
}

export function compileScope(scope: Scope): CompiledScope {
  return { scope, patterns: scope.resources?.map(resourcePattern) ?? null };
}

function resourcePattern(written: string): Pattern {
  const { kind } = splitResource(written);
  return compilePattern(kind, written.slice(kind.length + 1));
}

export function matchesWho({ who }: Scope, { groups, id }: Pick<Principal, 'groups' | 'id'>): boolean {
  if (who === undefined) return true;
  if (who.groups !== undefined && !who.groups.some((group) => groups.includes(group))) return false;
  return who.principals === undefined || who.principals.includes(id);
}

export function matchesConnection({ connections }: Scope, connection: Question['connection']): boolean {
  if (connections === undefined) return true;
  const { names, labels, protocols } = connections;
  if (names !== undefined && !names.includes(connection.name)) return false;
  if (protocols !== undefined && !protocols.includes(connection.protocol)) return false;
  return Object.entries(labels ?? {}).every(
    ([label, value]) => Object.hasOwn(connection.labels, label) && connection.labels[label] === value,
  );
}

export function matchesAction({ actions }: Scope, action: Action): boolean {
  return actions === undefined || actions.some((named) => actionCovers(named, action));
}

export function matchesResource({ patterns }: CompiledScope, atom: Atom, certainty: Certainty): boolean {
  return patterns === null || patterns.some((pattern) => speaksOf(pattern, atom, certainty));
}

/** Whether all four keys match. */
export function matchesAll(
  compiled: CompiledScope,
  question: Question,
  action: Action,
  atom: Atom,
  certainty: Certainty,
): boolean {
  return (
    matchesWho(compiled.scope, question.principal) &&
    matchesConnection(compiled.scope, question.connection) &&
    matchesAction(compiled.scope, action) &&
    matchesResource(compiled, atom, certainty)
  );
}
