/** Expressions: where a value comes from, and what evaluating it does. One visitor for each kind of node. */
import { type AExpr, asKind, fieldsOf, kindOf, type Node, type TypeName } from '../ast/nodes.ts';
import { isTotalCast } from '../functions/total.ts';
import { commonType } from '../resolution/common-type.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import { call } from './call.ts';
import { columnReference, indirection, starColumns } from './column-reference.ts';
import { compare } from './comparisons.ts';
import { type Context, notSupported } from './context.ts';
import { toJson } from './json-casts.ts';
import { operator, useOperator } from './operator.ts';
import type { Scope } from './scope.ts';
import { subLink } from './sub-link.ts';
import { arrayOf, convert, convertImplicitly, takenAs, typeOf } from './types.ts';
import { constant, constantOf, derivedFrom, unknownType, unproven, type Value } from './value.ts';

type Visitor = (context: Context, scope: Scope, node: Node) => Value;

/** A truth value, computed from all the expressions within. */
const truth: Visitor = (context, scope, node) => derivedFrom(partsOf(context, scope, fieldsOf(node)), '16');

/** For nodes whose value is computed from all the expressions within, and that do nothing else. */
const fromParts: Visitor = (context, scope, node) => derivedFrom(partsOf(context, scope, fieldsOf(node)));

/** The same for what fails for some of the values. */
const partial: Visitor = (context, scope, node) => {
  const parts = partsOf(context, scope, fieldsOf(node));
  context.compute(...parts);
  return derivedFrom(parts);
};

/** The value of another visitor, as of a type. */
const typed =
  (visit: Visitor, type: string): Visitor =>
  (context, scope, node) => ({ ...visit(context, scope, node), type });

/** SQL's own constructs that make JSON of values, of the type that RETURNING names or another; `fails` for some values. */
const jsonValue =
  (fails: boolean, type: string): Visitor =>
  (context, scope, node) => {
    const { output, ...fields } = fieldsOf<{ output?: JsonOutput }>(node);
    const parts = partsOf(context, scope, fields);
    if (fails) context.compute(...parts);
    const returned = output === undefined ? null : asKind<JsonOutput>(output as Node, 'JsonOutput');
    const typeName = (returned ?? output)?.typeName;
    const given = typeName === undefined ? type : typeOf(context, typeName);
    const value = derivedFrom(parts, given);
    const converted = convert(context, constantOf(type), given);
    return toJson(context, parts) && converted ? value : unproven(value);
  };

interface JsonOutput {
  readonly typeName?: TypeName;
}

/** What JSON_EXISTS, JSON_QUERY and JSON_VALUE give where nothing else is said. */
const jsonFunction: Visitor = (context, scope, node) => {
  const { op } = fieldsOf<{ op: string }>(node);
  const type = op === 'JSON_EXISTS_OP' ? typeIds.bool : op === 'JSON_VALUE_OP' ? typeIds.text : typeIds.jsonb;
  return jsonValue(true, type)(context, scope, node);
};

/** The types of what SQL writes without parentheses, where they are not names. */
const sqlValueTypes: ReadonlyMap<string, string> = new Map([
  ['CURRENT_DATE', typeIds.date],
  ['CURRENT_TIME', typeIds.timetz],
  ['CURRENT_TIMESTAMP', typeIds.timestamptz],
  ['LOCALTIME', typeIds.time],
  ['LOCALTIMESTAMP', typeIds.timestamp],
]);

/** What is computed from a value and stays of its type. */
const derivedOf = (value: Value): Value => derivedFrom([value], value.type);

/** The type of one of several values; what a user's implicit cast does on the way is done. */
function typeInCommon(context: Context, values: readonly Value[]): string | null {
  const type = commonType(
    typeFacts(context.catalog),
    values.map((value) => value.type),
  );
  convertImplicitly(context, values, type === null ? null : values.map(() => type));
  return type;
}

/** Whether evaluating it costs nothing and can't fail: a constant, a parameter, a column. */
const isPlain = (node: Node): boolean =>
  ['A_Const', 'ParamRef', 'ColumnRef', 'SQLValueFunction'].includes(kindOf(node));

const expressions = {
  ColumnRef: (context, scope, node) => columnReference(context, scope, fieldsOf(node)),
  A_Const: (_context, _scope, node) => constantOf(typeOfConstant(fieldsOf(node))),
  // A parameter is taken for what fits, as a quoted constant is.
  ParamRef: () => constantOf(unknownType),
  A_Expr: (context, scope, node) => operator(context, scope, fieldsOf<AExpr>(node)),
  BoolExpr: (context, scope, node) => {
    const { args = [], boolop } = fieldsOf<{ args?: readonly Node[]; boolop?: string }>(node);
    const values = args.map((arg) => condition(context, scope, arg));
    // What comes after the first is evaluated for some values of the first only.
    if (boolop !== 'NOT_EXPR' && !args.slice(1).every(isPlain)) context.compute(...values);
    return derivedFrom(values, '16');
  },
  NullTest: truth,
  BooleanTest: (context, scope, node) =>
    derivedFrom([condition(context, scope, fieldsOf<{ arg: Node }>(node).arg)], '16'),
  CaseExpr: (context, scope, node) => caseExpression(context, scope, fieldsOf(node)),
  CaseWhen: fromParts,
  CoalesceExpr: (context, scope, node) => {
    const { args = [] } = fieldsOf<{ args?: readonly Node[] }>(node);
    const values = analyseExpressions(context, scope, args);
    if (!args.slice(1).every(isPlain)) context.compute(...values);
    return derivedFrom(values, typeInCommon(context, values));
  },
  MinMaxExpr: (context, scope, node) => {
    const values = analyseExpressions(context, scope, fieldsOf<{ args?: readonly Node[] }>(node).args);
    compare(context, values);
    return derivedFrom(values, typeInCommon(context, values));
  },
  SQLValueFunction: (_context, _scope, node) =>
    constantOf(
      sqlValueTypes.get(fieldsOf<{ op: string }>(node).op.replace(/^SVFOP_|_N$/g, '')) ?? typeIds.name,
    ),
  CollateClause: (context, scope, node) => {
    const { arg } = fieldsOf<{ arg?: Node }>(node);
    return arg === undefined ? constant : derivedOf(analyseExpression(context, scope, arg));
  },
  FuncCall: (context, scope, node) => call(context, scope, fieldsOf(node)),
  NamedArgExpr: (context, scope, node) =>
    analyseExpression(context, scope, fieldsOf<{ arg: Node }>(node).arg),
  TypeCast: (context, scope, node) => {
    const { arg, typeName } = fieldsOf<{ arg: Node; typeName: TypeName }>(node);
    const value = analyseExpression(context, scope, arg);
    const type = typeOf(context, typeName);
    if (!isTotalCast(typeName, value.type, type)) context.compute(value);
    const converted = derivedFrom([value], type);
    return convert(context, value, type) ? converted : unproven(converted);
  },
  SubLink: (context, scope, node) => subLink(context, scope, fieldsOf(node)),
  RowExpr: (context, scope, node) => {
    const { args = [] } = fieldsOf<{ args?: readonly Node[] }>(node);
    const values = args.flatMap(
      (arg) =>
        starColumns(context, scope, arg)?.map((column) => column.value) ?? [
          analyseExpression(context, scope, arg),
        ],
    );
    return {
      ...derivedFrom(values, typeIds.record),
      row: values.map((value, i) => ({ name: `f${i + 1}`, value })),
    };
  },
  A_ArrayExpr: (context, scope, node) => {
    const values = analyseExpressions(context, scope, fieldsOf<{ elements?: Node[] }>(node).elements);
    // Arrays in an array have to be of one size.
    if (
      values.some(({ type }) => type !== null && (context.catalog.types.get(type)?.element ?? null) !== null)
    )
      context.compute(...values);
    // An empty array is of the type that it is cast to.
    if (values.length === 0) return constantOf(unknownType);
    return derivedFrom(values, arrayOf(context, elementType(context, values)));
  },
  A_Indirection: (context, scope, node) => indirection(context, scope, fieldsOf(node)),
  A_Indices: fromParts,
  List: fromParts,
  GroupingFunc: typed(fromParts, typeIds.int4),
  SetToDefault: () => constantOf(unknownType),
  XmlExpr: (context, scope, node) => {
    const isTest = fieldsOf<{ op: string }>(node).op === 'IS_DOCUMENT';
    return { ...partial(context, scope, node), type: isTest ? typeIds.bool : typeIds.xml };
  },
  XmlSerialize: (context, scope, node) => {
    const { typeName, ...fields } = fieldsOf<{ typeName?: TypeName }>(node);
    const parts = partsOf(context, scope, fields);
    context.compute(...parts);
    const taken = parts.map((part) => convert(context, part, typeIds.xml)).every(Boolean);
    const type = typeName === undefined ? null : typeOf(context, typeName);
    const value = derivedFrom(parts, type);
    return convert(context, constantOf(typeIds.xml), type) && taken ? value : unproven(value);
  },
  JsonObjectConstructor: jsonValue(true, typeIds.json),
  JsonArrayConstructor: jsonValue(false, typeIds.json),
  JsonArrayQueryConstructor: (context, scope, node) => {
    const { query } = fieldsOf<{ query: Node }>(node);
    const array = subLink(context, scope, { subLinkType: 'ARRAY_SUBLINK', subselect: query });
    const value = { ...array, type: null };
    return toJson(context, [array]) ? value : unproven(value);
  },
  JsonObjectAgg: (context, scope, node) => jsonAggregate(context, scope, node),
  JsonArrayAgg: (context, scope, node) => jsonAggregate(context, scope, node),
  JsonIsPredicate: truth,
  JsonFuncExpr: jsonFunction,
  JsonParseExpr: jsonValue(true, typeIds.json),
  JsonScalarExpr: jsonValue(false, typeIds.json),
  JsonSerializeExpr: jsonValue(false, typeIds.text),
  JsonValueExpr: jsonValue(false, typeIds.json),
  JsonKeyValue: jsonValue(false, typeIds.json),
  JsonArgument: jsonValue(false, typeIds.json),
  JsonOutput: fromParts,
  JsonBehavior: fromParts,
  MergeSupportFunc: () => constantOf(typeIds.text),
  // A name of its own: XMLFOREST(email AS mail).
  ResTarget: (context, scope, node) => analyseExpression(context, scope, fieldsOf<{ val: Node }>(node).val),
  SortBy: (context, scope, node) => analyseExpression(context, scope, fieldsOf<{ node: Node }>(node).node),
} as const satisfies Record<string, Visitor>;

type ExpressionKind = keyof typeof expressions;
const isExpressionKind = (kind: string): kind is ExpressionKind => Object.hasOwn(expressions, kind);

/** @throws {CountersignError} for a kind of expression that is not known. */
export function analyseExpression(context: Context, scope: Scope, node: Node): Value {
  context.clock?.step();
  const kind = kindOf(node);
  if (!isExpressionKind(kind)) throw notSupported(`the expression ${kind}`);
  return expressions[kind](context, scope, node);
}

/** An expression that has to be true or false. */
export function condition(context: Context, scope: Scope, node: Node): Value {
  return takenAs(context, analyseExpression(context, scope, node), typeIds.bool);
}

/** A list of expressions; `t.*` among them counts as the whole row. */
export function analyseExpressions(
  context: Context,
  scope: Scope,
  nodes: readonly Node[] | undefined,
): Value[] {
  return (nodes ?? []).map((node) => {
    const star = starColumns(context, scope, node);
    if (star === null) return analyseExpression(context, scope, node);
    return {
      ...derivedFrom(
        star.map((column) => column.value),
        typeIds.record,
      ),
      row: star,
    };
  });
}

/**
 * The expressions within a node, wherever they stand: in its fields, in lists, and in the plain structures that some
 * nodes hold. A type is checked as a cast to it would be.
 */
function partsOf(context: Context, scope: Scope, fields: object): Value[] {
  const values: Value[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (name === 'typeName') {
      convert(context, null, typeOf(context, field as TypeName));
      continue;
    }
    for (const part of Array.isArray(field) ? (field as unknown[]) : [field as unknown]) {
      if (typeof part !== 'object' || part === null) continue;
      const kind = kindOf(part as Node);
      if (kind === 'String' || name === 'collname') continue;
      if (/^[A-Z]/.test(kind)) values.push(...analyseExpressions(context, scope, [part as Node]));
      else values.push(...partsOf(context, scope, part));
    }
  }
  return values;
}

/** The condition decides which value it is, so the value comes from it, too. */
function caseExpression(
  context: Context,
  scope: Scope,
  fields: { readonly arg?: Node; readonly args?: readonly Node[]; readonly defresult?: Node },
): Value {
  const { arg, args = [], defresult } = fields;
  const tested = arg === undefined ? [] : [analyseExpression(context, scope, arg)];
  const branches = args.map((node) => {
    const when = asKind<{ expr: Node; result: Node }>(node, 'CaseWhen');
    if (when === null) throw notSupported('a CASE without WHEN');
    const compared =
      arg === undefined ? condition(context, scope, when.expr) : analyseExpression(context, scope, when.expr);
    if (arg !== undefined) useOperator(context, ['='], tested.slice(0, 1), [compared]);
    tested.push(compared);
    return analyseExpression(context, scope, when.result);
  });
  if (defresult !== undefined) branches.push(analyseExpression(context, scope, defresult));
  // Which branch is evaluated, the tests decide.
  context.compute(...tested);
  return derivedFrom([...tested, ...branches], typeInCommon(context, branches));
}

function jsonAggregate(context: Context, scope: Scope, node: Node): Value {
  const fields = fieldsOf<{
    constructor: { agg_filter?: Node; agg_order?: Node[]; over?: object };
  }>(node);
  const parts = partsOf(context, scope, fields);
  context.use('aggregate', ...parts);
  const value = derivedFrom(parts);
  return toJson(context, parts) ? value : unproven(value);
}

/** The type of an array's elements. An array of arrays is of the same type. */
function elementType(context: Context, values: readonly Value[]): string | null {
  const type = typeInCommon(context, values);
  return type === null ? null : (typeFacts(context.catalog).element(type) ?? type);
}

interface Constant {
  readonly ival?: object;
  readonly fval?: object;
  readonly boolval?: object;
  readonly bsval?: object;
}

function typeOfConstant(fields: Constant): string {
  if (fields.ival !== undefined) return '23';
  if (fields.fval !== undefined) return '1700';
  if (fields.boolval !== undefined) return '16';
  if (fields.bsval !== undefined) return '1560';
  return unknownType;
}
