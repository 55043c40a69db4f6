/** Expressions that stand in the catalog: defaults, checks, indexes, policies. Analysed once for each catalog. */
import { asKind, type Node } from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { Context, type Findings, notSupported } from './context.ts';
import { analyseExpression } from './expression.ts';
import { memoryOf } from './memory.ts';
import { columnValue, hiddenColumns } from './relations.ts';
import { Scope } from './scope.ts';
import { constantOf } from './value.ts';

/**
 * What evaluating a stored expression does. Bare names in it are the relation's columns, or `value` in the check of a
 * domain.
 *
 * @param valueType Of the `value` of a domain.
 */
export function storedExpression(
  context: Context,
  relation: Relation | null,
  expression: string,
  valueType: string | null = null,
): Findings {
  const { catalog } = context;
  const memory = memoryOf(catalog);
  const key = `${relation?.oid ?? ''} ${valueType ?? ''} ${expression}`;
  const known = memory.expressions.get(key);
  if (known !== undefined) return known;
  const tree = memory.tree(`SELECT ${expression}`);
  const select = asKind<{ targetList?: readonly Node[] }>(tree[0]?.stmt, 'SelectStmt');
  if (select === null) throw notSupported('an expression of the catalog');
  const inner = new Context(catalog, catalog.searchPath);
  const scope = new Scope(null);
  const columns =
    relation === null
      ? [{ name: 'value', value: constantOf(valueType) }]
      : relation.columns.map(({ name, type }) => ({
          name,
          value: columnValue(relation, [], name, type),
        }));
  scope.add({
    entries: [
      { name: relation?.name ?? '', schema: relation?.schema ?? null, columns, hidden: hiddenColumns() },
    ],
    columns,
  });
  for (const target of select.targetList ?? []) {
    const value = asKind<{ val?: Node }>(target, 'ResTarget')?.val;
    if (value !== undefined) inner.use('filter', analyseExpression(inner, scope, value));
  }
  const findings = inner.findings();
  memory.expressions.set(key, findings);
  return findings;
}
