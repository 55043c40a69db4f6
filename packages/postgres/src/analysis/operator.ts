/** Operators. The server's own are harmless; one that a user made calls the user's function. */
import { type AExpr, fieldsOf, kindOf, type Node, stringsOf } from '../ast/nodes.ts';
import { isBuiltIn, type UserOperator } from '../catalog/catalog.ts';
import { type BuiltinOperator, builtinOperators, isBuiltinOperator } from '../functions/builtins.ts';
import { totalSides } from '../functions/total.ts';
import { type Candidate, choose } from '../resolution/candidates.ts';
import { resultType } from '../resolution/polymorphic.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import { compare } from './comparisons.ts';
import { type Context, displayName, unknownObject } from './context.ts';
import { analyseExpression, analyseExpressions } from './expression.ts';
import type { Scope } from './scope.ts';
import { callUser, convert, convertImplicitly, functionResource } from './types.ts';
import { derivedFrom, unproven, type Value } from './value.ts';

export function operator(context: Context, scope: Scope, expression: AExpr): Value {
  const { lexpr, rexpr } = expression;
  const left = lexpr === undefined ? [] : operands(context, scope, lexpr);
  const right = rexpr === undefined ? [] : operands(context, scope, rexpr);
  const given = [...left, ...right];
  const uses = operatorsOf(expression).flatMap((name) =>
    compared(context, expression, left, right).map((sides) => useOperator(context, name, ...sides)),
  );
  const known = uses.every((one) => one.known);
  const value = derivedFrom(
    given,
    resultOf(context, expression, left, uses.length === 1 ? (uses[0] ?? null) : null),
  );
  const sides = known ? sidesOf(context, expression, given) : 'none';
  if (sides !== 'both') context.compute(...right);
  if (sides === 'none') context.compute(...left);
  return known ? value : unproven(value);
}

type Sides = readonly [left: readonly Value[] | null, right: readonly Value[] | null];

/** What the operator itself is given: of two rows each field, of an array its elements. */
function compared(
  context: Context,
  { kind, lexpr, rexpr }: AExpr,
  left: readonly Value[],
  right: readonly Value[],
): Sides[] {
  const row = lexpr !== undefined && kindOf(lexpr) === 'RowExpr' ? left[0]?.row : undefined;
  if (row !== undefined && right.every((value) => value.row?.length === row.length))
    return row.map((field, i) => [[field.value], right.map((value) => value.row?.[i]?.value ?? field.value)]);
  const sides: Sides = [lexpr === undefined ? null : left, rexpr === undefined ? null : right];
  if (kind !== 'AEXPR_OP_ANY' && kind !== 'AEXPR_OP_ALL') return [sides];
  const facts = typeFacts(context.catalog);
  const element = ({ type }: Value) =>
    type === null || type === typeIds.unknown ? type : facts.element(type);
  return [[sides[0], sides[1]?.map((value) => ({ ...value, type: element(value) })) ?? null]];
}

/** They lead into a document. */
const arrows: ReadonlySet<string> = new Set(['->', '->>', '#>', '#>>']);

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
  // What a key finds in a json that the statement brings along may be what does not become a jsonb.
  if (arrows.has(symbol) && values[0]?.type !== typeIds.jsonb) return 'left';
  return totalSides(symbol);
}

/**
 * All but plain operators and NULLIF compare. NULLIF is of the type that its operator takes the left side as: of a
 * varchar, text.
 */
function resultOf(
  { catalog }: Context,
  { kind }: AExpr,
  left: readonly Value[],
  use: OperatorUse | null,
): string | null {
  if (kind === 'AEXPR_NULLIF') {
    const taken = use?.left ?? null;
    const isAny = taken !== null && typeFacts(catalog).polymorphic(taken) !== null;
    return isAny ? (left[0]?.type ?? null) : taken;
  }
  // Of two rows, each field has an operator.
  return kind === 'AEXPR_OP' && use !== null ? use.type : typeIds.bool;
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

export interface OperatorUse {
  /** Whether it can only be one of the server's own. */
  readonly known: boolean;
  /** The type of its value; null where it can't be told. */
  readonly type: string | null;
  /** The type that its left side is taken as; null where that can't be told, or there is none. */
  readonly left: string | null;
}

type AnyOperator = BuiltinOperator | UserOperator;

/**
 * An operator is used on values. Which one is meant the server decides by their types; where those are not known, every
 * user's operator of that name counts that these values may be meant for.
 *
 * @param left Null for a prefix operator. Of several values, each may be the operand.
 */
export function useOperator(
  context: Context,
  names: readonly string[],
  left: readonly Value[] | null,
  right: readonly Value[] | null,
): OperatorUse {
  const name = names.at(-1) ?? '';
  const schema = names.at(-2) ?? null;
  const schemas = schema === null ? context.searchPath : [schema];
  context.reliedOn.name('pg_operator', name);
  const hasBuiltin = schemas.includes('pg_catalog') && isBuiltinOperator(name);
  const users = (context.catalog.operators.get(name) ?? []).filter((one) => schemas.includes(one.schema));
  if (!hasBuiltin && users.length === 0)
    throw unknownObject('operator', schema === null ? name : `${displayName(schema)}.${name}`);
  const builtin = hasBuiltin ? builtinOperators(name, context.catalog.major) : [];
  const meant = meantOperators(context, [...builtin, ...users], schemas, left, right);
  compare(context, [...(left ?? []), ...(right ?? [])]);
  if (meant !== null) {
    const known =
      convertImplicitly(context, meant.values, meant.declared) &&
      appended(context, name, meant.values, meant.declared);
    return {
      known: callUsers(context, meant.operators, meant.values) && known,
      type: meant.type,
      left: left === null ? null : (meant.declared[0] ?? null),
    };
  }
  const possible = users.filter((one) => mayBeMeant(context, one, left, right));
  const operands = [...(left ?? []), ...(right ?? [])];
  const known = convertImplicitly(context, operands) && appended(context, name, operands, null);
  return { known: callUsers(context, possible, operands) && known, type: null, left: null };
}

/**
 * `||` of a text and anything else casts that to text, by whatever cast there is.
 *
 * @param declared Null where it is not known which operator is meant.
 * @returns Whether only the server's own functions are called.
 */
function appended(
  context: Context,
  name: string,
  values: readonly Value[],
  declared: readonly string[] | null,
): boolean {
  if (name !== '||') return true;
  const facts = typeFacts(context.catalog);
  const cast = values.filter(
    (_, i) => declared === null || facts.polymorphic(declared[i] ?? '') === 'anynonarray',
  );
  return cast.map((value) => convert(context, value, typeIds.text)).every(Boolean);
}

/** @returns Whether there is none but such as are known to be harmless. */
function callUsers(context: Context, operators: readonly AnyOperator[], operands: readonly Value[]): boolean {
  const isConstant = operands.every((operand) => operand.sources.size === 0);
  let known = true;
  for (const one of operators) {
    if (!('oid' in one)) continue;
    const fn = context.catalog.functionsByOid.get(one.function);
    const harmless =
      fn !== undefined && callUser(context, fn, `operator ${displayName(one.schema)}.${one.name}`);
    known &&= harmless;
    if (isConstant && fn !== undefined && !harmless)
      context.constantCalls.add('execute', functionResource(fn));
  }
  return known;
}

interface MeantOperators {
  readonly operators: readonly AnyOperator[];
  readonly type: string | null;
  /** The operands, and the types they are taken as. */
  readonly values: readonly Value[];
  readonly declared: readonly string[];
}

/** The operators that are meant, one for each pair of operands; null where one can't be told. */
function meantOperators(
  context: Context,
  all: readonly AnyOperator[],
  schemas: readonly string[],
  left: readonly Value[] | null,
  right: readonly Value[] | null,
): MeantOperators | null {
  const facts = typeFacts(context.catalog);
  const arity = all.filter((one) => (one.left === null) === (left === null));
  const candidates = arity.map((of): Candidate<AnyOperator> => {
    const sides =
      'oid' in of ? [of.left, of.right] : [of.left, of.right].map((type) => type && facts.written(type));
    return {
      of,
      declared: (of.left === null ? sides.slice(1) : sides).map((type) => type ?? ''),
      order: schemas.indexOf('oid' in of ? of.schema : 'pg_catalog'),
    };
  });
  const operators = new Set<AnyOperator>();
  const values: Value[] = [];
  const declared: string[] = [];
  const types = new Set<string | null>();
  for (const pair of pairs(left, right)) {
    const given = pair.map((value) => value.type);
    if (!given.every((type) => type !== null)) return null;
    const chosen = exactly(candidates, given) ?? choose(facts, candidates, given);
    if (chosen === null) return null;
    operators.add(chosen.of);
    values.push(...pair);
    declared.push(...chosen.declared);
    const returns = 'oid' in chosen.of ? chosen.of.returns : facts.written(chosen.of.returns);
    types.add(returns === null ? null : resultType(facts, returns, chosen.declared, given));
  }
  const [type = null] = types;
  return { operators: [...operators], type: types.size === 1 ? type : null, values, declared };
}

function pairs(left: readonly Value[] | null, right: readonly Value[] | null): (readonly Value[])[] {
  if (left === null) return (right ?? []).map((value) => [value]);
  if (right === null) return left.map((value) => [value]);
  return left.flatMap((a) => right.map((b) => [a, b]));
}

/** A quoted constant beside a value of a type is first taken for one of that type. */
function exactly<T>(
  candidates: readonly Candidate<T>[],
  [a = '', b = a]: readonly string[],
): Candidate<T> | null {
  const one = a === typeIds.unknown ? b : a;
  const other = b === typeIds.unknown ? a : b;
  if (one === typeIds.unknown) return null;
  const fitting = candidates.filter(
    ({ declared }) => declared[0] === one && (declared[1] ?? other) === other,
  );
  return fitting.sort((x, y) => x.order - y.order)[0] ?? null;
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
  if (type === null || type === typeIds.unknown || type === target) return true;
  const wanted = context.catalog.types.get(target);
  if (wanted === undefined || wanted.kind === 'p' || isBuiltIn(target)) return true;
  if (!isBuiltIn(type)) return true;
  return typeFacts(context.catalog).coerces(type, target);
}
