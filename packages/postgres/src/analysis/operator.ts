/** Operators. The server's own are harmless; one that a user made calls the user's function. */
import { type AExpr, fieldsOf, kindOf, type Node, stringsOf } from '../ast/nodes.ts';
import { isBuiltIn, type UserOperator } from '../catalog/catalog.ts';
import { isBuiltinOperator } from '../functions/builtins.ts';
import { totalSides } from '../functions/total.ts';
import { type Context, displayName, unknownObject } from './context.ts';
import { analyseExpression, analyseExpressions } from './expression.ts';
import type { Scope } from './scope.ts';
import { convertImplicitly, functionResource } from './types.ts';
import { derivedFrom, unknownType, unproven, type Value } from './value.ts';

export function operator(context: Context, scope: Scope, expression: AExpr): Value {
  const { lexpr, rexpr } = expression;
  const left = lexpr === undefined ? [] : operands(context, scope, lexpr);
  const right = rexpr === undefined ? [] : operands(context, scope, rexpr);
  const value = derivedFrom([...left, ...right], resultType(expression, [...left, ...right]));
  const known = operatorsOf(expression).map((name) =>
    useOperator(context, name, lexpr === undefined ? null : left, rexpr === undefined ? null : right),
  );
  known.push(convertImplicitly(context, [...left, ...right]));
  const sides = known.includes(false) ? 'none' : sidesOf(context, expression, [...left, ...right]);
  if (sides !== 'both') context.compute(...right);
  if (sides === 'none') context.compute(...left);
  return known.includes(false) ? unproven(value) : value;
}

/** Which sides may be of any value without making the expression fail. */
function sidesOf(
  context: Context,
  expression: AExpr,
  values: readonly Value[],
): ReturnType<typeof totalSides> {
  const symbol = operatorsOf(expression)[0]?.at(-1) ?? '';
  const isArray = ({ type }: Value) =>
    type !== null && (context.catalog.types.get(type)?.element ?? null) !== null;
  // Arrays are put together only where their sizes fit.
  if (symbol === '||' && values.some(isArray)) return 'none';
  return totalSides(symbol);
}

const comparisons: ReadonlySet<string> = new Set(
  '= <> != < > <= >= ~ !~ ~* !~* ~~ !~~ ~~* !~~* @> <@ && ? ?| ?&'.split(' '),
);
const closed: ReadonlySet<string> = new Set(['+', '-', '*', '||']);

/** The type of the server's own operators where it is plain: of comparisons, and of values of one type. */
function resultType({ kind, name }: AExpr, values: readonly Value[]): string | null {
  const symbol = stringsOf(name).at(-1) ?? '';
  if (kind !== 'AEXPR_NULLIF' && (kind !== 'AEXPR_OP' || comparisons.has(symbol))) return '16';
  const [first] = values;
  const { type = null } = first ?? {};
  const one = closed.has(symbol) || kind === 'AEXPR_NULLIF';
  const isNumberOrText = type === '23' || type === '20' || type === '1700' || type === '25' || type === '701';
  return one && isNumberOrText && values.every((value) => value.type === type) ? type : null;
}

/** The right side of IN and BETWEEN is a list. */
function operands(context: Context, scope: Scope, node: Node): Value[] {
  if (kindOf(node) === 'List')
    return analyseExpressions(context, scope, fieldsOf<{ items?: readonly Node[] }>(node).items);
  return [analyseExpression(context, scope, node)];
}

/** BETWEEN and NULLIF compare by operators that they do not name. */
function operatorsOf({ kind, name }: AExpr): (readonly string[])[] {
  if (kind.includes('BETWEEN')) return [['>='], ['<='], ['<'], ['>']];
  return [stringsOf(name)];
}

/**
 * An operator is used on values. Which one is meant the server decides by types; here every user's operator of that
 * name counts that these values may be meant for.
 *
 * @param left Null for a prefix operator.
 * @returns Whether it can only be one of the server's own.
 */
export function useOperator(
  context: Context,
  names: readonly string[],
  left: readonly Value[] | null,
  right: readonly Value[] | null,
): boolean {
  const name = names.at(-1) ?? '';
  const schema = names.at(-2) ?? null;
  const schemas = schema === null ? context.searchPath : [schema];
  context.reliedOn.name('pg_operator', name);
  let known = true;
  let found = schemas.includes('pg_catalog') && isBuiltinOperator(name);
  for (const candidate of context.catalog.operators.get(name) ?? []) {
    if (!schemas.includes(candidate.schema)) continue;
    found = true;
    if (!mayBeMeant(context, candidate, left, right)) continue;
    known = false;
    const fn = context.catalog.functionsByOid.get(candidate.function);
    if (fn !== undefined)
      context.execute('execute', functionResource(fn), `operator ${displayName(candidate.schema)}.${name}`);
  }
  if (!found) throw unknownObject('operator', schema === null ? name : `${displayName(schema)}.${name}`);
  return known;
}

function mayBeMeant(
  context: Context,
  candidate: UserOperator,
  left: readonly Value[] | null,
  right: readonly Value[] | null,
): boolean {
  if ((candidate.left === null) !== (left === null)) return false;
  const fits = (values: readonly Value[] | null, type: string | null) =>
    values === null || type === null || values.some((value) => mayConvert(context, value, type));
  return fits(left, candidate.left) && fits(right, candidate.right);
}

/** Whether a value may be taken as of this type without a cast being written. Between the server's own types: perhaps. */
function mayConvert(context: Context, { type }: Value, target: string): boolean {
  if (type === null || type === unknownType || type === target) return true;
  const wanted = context.catalog.types.get(target);
  if (wanted === undefined || wanted.kind === 'p' || isBuiltIn(target)) return true;
  if (!isBuiltIn(type)) return true;
  return context.catalog.casts.some(
    (cast) => cast.implicit && cast.source === type && cast.target === target,
  );
}
