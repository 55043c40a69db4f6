/** Subqueries in expressions. */
import type { SubLink } from '../ast/nodes.ts';
import { stringsOf } from '../ast/nodes.ts';
import type { Context } from './context.ts';
import { analyseExpression } from './expression.ts';
import { useOperator } from './operator.ts';
import { Scope } from './scope.ts';
import { analyseQuery } from './select.ts';
import { arrayOf } from './types.ts';
import { derivedFrom, oneOf, unproven, type Value } from './value.ts';

/** The value comes from what the query returns and, since a row may be there or not, from what filters it. */
export function subLink(context: Context, scope: Scope, link: SubLink): Value {
  const tested = link.testexpr === undefined ? [] : [analyseExpression(context, scope, link.testexpr)];
  const { result: columns, deciding } = context.deciding(() =>
    analyseQuery(context, new Scope(scope), link.subselect),
  );
  if (columns[0] !== undefined) context.subqueryNames.set(link.subselect, columns[0].name);
  const values = columns.map((column) => column.value);
  if (link.subLinkType === 'ANY_SUBLINK' || link.subLinkType === 'ALL_SUBLINK') {
    const names = stringsOf(link.operName);
    if (!useOperator(context, names.length === 0 ? ['='] : names, tested, values))
      return unproven(derivedFrom([...tested, ...values, deciding]));
  }
  const only = values.length === 1 ? (values[0] as Value) : null;
  if (link.subLinkType === 'EXPR_SUBLINK' && only !== null)
    return oneOf([{ ...only, type: only.type }, derivedFrom([deciding], only.type)]);
  const type = link.subLinkType === 'ARRAY_SUBLINK' ? arrayOf(context, only?.type ?? null) : null;
  return derivedFrom([...tested, ...values, deciding], type);
}
