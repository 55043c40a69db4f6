/** Subqueries in expressions. */
import type { SubLink } from '../ast/nodes.ts';
import { stringsOf } from '../ast/nodes.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import type { Context } from './context.ts';
import { analyseExpression } from './expression.ts';
import { useOperator } from './operator.ts';
import { Scope } from './scope.ts';
import { analyseQuery } from './select.ts';
import { settled } from './settled.ts';
import { arrayOf } from './types.ts';
import { derivedFrom, oneOf, unproven, type Value } from './value.ts';

/** The value comes from what the query returns and, since a row may be there or not, from what filters it. */
export function subLink(context: Context, scope: Scope, link: SubLink): Value {
  const tested = link.testexpr === undefined ? [] : [analyseExpression(context, scope, link.testexpr)];
  const { result: columns, deciding } = context.deciding(() =>
    analyseQuery(context, new Scope(scope), link.subselect),
  );
  if (columns[0] !== undefined) context.subqueryNames.set(link.subselect, columns[0].name);
  const values = settled(columns).map((column) => column.value);
  if (link.subLinkType === 'ANY_SUBLINK' || link.subLinkType === 'ALL_SUBLINK') {
    const names = stringsOf(link.operName);
    const sides = fieldsOfRows(tested);
    const uses = values.map((value, i) =>
      useOperator(context, names.length === 0 ? ['='] : names, sides.slice(i, i + 1), [value]),
    );
    if (!uses.every((use) => use.known)) return unproven(derivedFrom([...tested, ...values, deciding]));
  }
  const only = values.length === 1 ? (values[0] as Value) : null;
  if (link.subLinkType === 'EXPR_SUBLINK' && only !== null)
    return oneOf([{ ...only, type: only.type }, derivedFrom([deciding], only.type)]);
  if (link.subLinkType === 'EXPR_SUBLINK' || link.subLinkType === 'MULTIEXPR_SUBLINK')
    return { ...derivedFrom([...values, deciding], typeIds.record), row: columns };
  const type = link.subLinkType === 'ARRAY_SUBLINK' ? arrayType(context, only?.type ?? null) : typeIds.bool;
  return derivedFrom([...tested, ...values, deciding], type);
}

/** `(a, b) IN (SELECT …)` compares field by field. */
const fieldsOfRows = (values: readonly Value[]): Value[] =>
  values.flatMap((value) => value.row?.map((field) => field.value) ?? [value]);

/** An array of arrays is of the same type. */
function arrayType(context: Context, element: string | null): string | null {
  if (element === null) return null;
  return typeFacts(context.catalog).element(element) === null ? arrayOf(context, element) : element;
}
