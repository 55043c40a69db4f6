/** What the logins of a connection are for, by the masks and rules in force: which columns are hidden, what may be done at all. */
import { type Action, encodeSegment, type Resource, resource, splitResource } from '@countersign/core';
import { compileScope, matchesAction, matchesConnection, matchesResource } from '../decide/compiled-scope.ts';
import { compilePattern, type Pattern } from '../decide/pattern.ts';
import type { Question } from '../decide/question.ts';
import type { Policy } from '../policy.ts';

const compiled = new WeakMap<Policy, Map<string, readonly Pattern[]>>();

/** What masks of a connection hide, compiled once for a policy. */
function patternsOf(policy: Policy, { name, protocol, labels }: Connection): readonly Pattern[] {
  const byConnection = compiled.get(policy) ?? new Map<string, readonly Pattern[]>();
  compiled.set(policy, byConnection);
  const key = JSON.stringify([name, protocol, Object.entries(labels)]);
  let patterns = byConnection.get(key);
  if (patterns === undefined) {
    patterns = policy.masks
      .filter((mask) => matchesConnection(mask, { name, protocol, labels }))
      .flatMap((mask) => (mask.columns ?? []).map((written) => compilePattern('column', written)));
    byConnection.set(key, patterns);
  }
  return patterns;
}

type Connection = Question['connection'];

/** Tells whether a mask hides a column from anybody: who asks, and what is excepted, makes no difference. */
export function hiddenColumns(policy: Policy, connection: Connection): (column: Resource) => boolean {
  const patterns = patternsOf(policy, connection);
  return (column) => patterns.some((pattern) => pattern.matches(column));
}

/** Tells whether a mask may hide a column of a table: one that is there, or one that is added some day. */
export function maskedTables(
  policy: Policy,
  connection: Connection,
): (schema: string, table: string) => boolean {
  const patterns = patternsOf(policy, connection);
  return (schema, table) => {
    const below = `${resource('column', schema, table)}.`;
    return patterns.some((pattern) => pattern.couldMatchBelow(below));
  };
}

/** Columns that every table has, and that a grant of columns does not cover. */
const ofTheSystem: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/**
 * Whether a read touches nothing that a mask hides from anybody, so that a login which can't read any of that is enough
 * for it. What can't be told touches it.
 */
export function isFreeOfHidden(
  policy: Policy,
  connection: Connection,
  { effects, lineage }: Pick<Question, 'effects' | 'lineage'>,
): boolean {
  const patterns = patternsOf(policy, connection);
  if (patterns.length === 0) return true;
  const isHidden = hiddenColumns(policy, connection);
  const { outputs, uses, usesProven } = lineage;
  return (
    usesProven &&
    uses.every(({ column }) => !isHidden(column)) &&
    outputs.every(({ proven, sources }) => proven && sources.every(({ column }) => !isHidden(column))) &&
    effects.every(({ resource: on, columns }) => {
      const { kind } = splitResource(on);
      const below = `column:${on.slice(kind.length + 1)}.`;
      if (kind === 'column') return !isHidden(on);
      if (kind !== 'table' || !patterns.some((pattern) => pattern.couldMatchBelow(below))) return true;
      return (
        columns?.every(
          (name) => !ofTheSystem.has(name) && !isHidden(`${below}${encodeSegment(name)}` as Resource),
        ) === true
      );
    })
  );
}

/** Tells whether any rule lets anybody do something to some column of a table, or has people asked for it. */
export function possibleActions(
  { rules }: Policy,
  connection: Connection,
): (action: Action, schema: string, table: string) => boolean {
  const granting = rules
    .filter((rule) => rule.then.verdict !== 'deny' && matchesConnection(rule, connection))
    .map((rule) => ({ rule, scope: compileScope(rule) }));
  return (action, schema, table) => {
    const name = resource('table', schema, table);
    const atom = { name, table: name, many: false, columns: 'any' } as const;
    return granting.some(
      ({ rule, scope }) =>
        (matchesAction(rule, action) ||
          rule.actions?.some((named) => named.startsWith(`${action}.`)) === true) &&
        matchesResource(scope, atom, 'could'),
    );
  };
}
