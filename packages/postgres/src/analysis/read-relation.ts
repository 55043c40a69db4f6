/** Reading a relation, and what that brings about besides: a view's tables, partitions, policies, a foreign server. */
import { resource } from '@countersign/core';
import type { Relation } from '../catalog/catalog.ts';
import { compareKeys } from './comparisons.ts';
import { type Context, displayName, notSupported } from './context.ts';
import { ancestorsOf, columnsOf, descendantsOf, type RelationColumns } from './relations.ts';
import { storedExpression } from './stored.ts';
import { viewQueryFindings } from './view.ts';

export const relationName = (relation: Relation): string => displayName(relation.schema, relation.name);

/**
 * The columns of a relation that a statement reads.
 *
 * @param withDescendants False for ONLY.
 */
export function readRelation(
  context: Context,
  relation: Relation,
  withDescendants: boolean,
): RelationColumns {
  if (relation.kind === 'i' || relation.kind === 'I' || relation.kind === 'c' || relation.kind === 't')
    throw notSupported(`reading ${relationName(relation)}`);
  const descendants = withDescendants ? descendantsOf(context, relation) : [];
  const family = [...descendants, ...ancestorsOf(context, relation)];
  context.read(relation, []);
  for (const child of descendants) readChild(context, relation, child, null);
  besides(context, relation);
  const { noSecretSettings } = context;
  return columnsOf(context, relation, family, (column) => {
    context.read(relation, [column], noSecretSettings);
    for (const child of descendants) readChild(context, relation, child, column);
  });
}

function readChild(context: Context, parent: Relation, child: Relation, column: string | null): void {
  const via = `inheritance from ${relationName(parent)}`;
  context.effects.add(
    'read',
    resource('table', child.schema, child.name),
    column === null ? [] : [column],
    via,
  );
  if (column !== null) return;
  foreignServer(context, child);
  planned(context, child);
}

function besides(context: Context, relation: Relation): void {
  if (relation.kind === 'v' && !relation.system)
    context.include(viewQueryFindings(context, relation), `view ${relationName(relation)}`);
  foreignServer(context, relation);
  planned(context, relation);
  applyPolicies(context, relation, ['select']);
  for (const column of relation.columns)
    if (column.generated === 'virtual' && column.default !== null)
      context.includeEffects(storedExpression(context, relation, column.default), `column ${column.name}`);
  if (relation.rules.some((rule) => rule.event === 'select')) throw notSupported('a rule on SELECT');
}

/** To plan a query of a relation, its indexes, checks and statistics are simplified: what they call with constants is called. */
function planned(context: Context, relation: Relation): void {
  compareKeys(context, relation);
  for (const { of, expression } of relation.expressions) {
    const { constantCalls, reliedOn } = storedExpression(context, relation, expression);
    if (constantCalls.length === 0) continue;
    for (const { action, resource: target } of constantCalls) context.execute(action, target, of);
    context.reliedOn.addAll(reliedOn);
  }
}

/** A foreign table's rows come from somewhere else: another server, a file, a program. */
function foreignServer(context: Context, relation: Relation): void {
  if (relation.server === null) return;
  context.execute('execute', resource('server', relation.server), `foreign table ${relationName(relation)}`);
}

type Command = 'select' | 'insert' | 'update' | 'delete';

/** The expressions of row security policies are evaluated for rows that are read or written. Whose they are is not asked. */
export function applyPolicies(context: Context, relation: Relation, commands: readonly Command[]): void {
  if (!relation.rowSecurity) return;
  for (const policy of relation.policies) {
    if (policy.command !== 'all' && !commands.includes(policy.command)) continue;
    for (const expression of [policy.using, policy.check])
      if (expression !== null)
        context.include(storedExpression(context, relation, expression), `policy ${policy.name}`);
  }
}
