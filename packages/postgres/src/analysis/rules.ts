/** Rules: what the server puts in place of a write, or adds to it. */
import { asKind, type Node } from '../ast/nodes.ts';
import type { Relation, Rule } from '../catalog/catalog.ts';
import { Context, type Findings, unknownEffect } from './context.ts';
import { analyseExpression } from './expression.ts';
import { memoryOf } from './memory.ts';
import { relationName } from './read-relation.ts';
import { columnValue, hiddenColumns } from './relations.ts';
import { Scope } from './scope.ts';
import { analyseQuery } from './select.ts';

interface RuleStmt {
  readonly whereClause?: Node;
  readonly actions?: readonly Node[];
}

/** The rules whose actions are being looked at, so that one that sets off itself is noticed. */
const running = new Set<string>();

/**
 * What a rule's actions do, with the row that is written as `old` and `new`.
 *
 * @throws {CountersignError} `unknown_effect` for a rule that sets off itself.
 */
export function ruleFindings(context: Context, relation: Relation, rule: Rule): Findings {
  const { catalog } = context;
  const memory = memoryOf(catalog);
  const key = `rule ${relation.oid} ${rule.name}`;
  const known = memory.expressions.get(key);
  if (known !== undefined) return known;
  const statement = asKind<RuleStmt>(memory.tree(rule.definition)[0]?.stmt, 'RuleStmt');
  if (statement === null || running.has(key))
    throw unknownEffect(`the rule ${rule.name} on ${relationName(relation)}`);
  running.add(key);
  try {
    const inner = new Context(catalog, catalog.searchPath);
    const scope = oldAndNew(relation);
    if (statement.whereClause !== undefined)
      inner.use('filter', analyseExpression(inner, scope, statement.whereClause));
    for (const action of statement.actions ?? []) analyseQuery(inner, new Scope(scope), action);
    const findings = inner.findings();
    memory.expressions.set(key, findings);
    return findings;
  } finally {
    running.delete(key);
  }
}

function oldAndNew(relation: Relation): Scope {
  const scope = new Scope(null);
  const columns = relation.columns.map(({ name, type }) => ({
    name,
    value: columnValue(relation, [], name, type),
  }));
  const entry = (name: string) => ({ name, schema: null, columns, hidden: hiddenColumns() });
  scope.add({ entries: [entry('old'), entry('new')], columns: [] });
  return scope;
}
