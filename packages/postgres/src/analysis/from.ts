/** FROM: each item with the columns it offers. */
import { assertNever } from '@countersign/core';
import {
  type Alias,
  asKind,
  type FuncCall,
  fieldsOf,
  type JoinExpr,
  kindOf,
  type Node,
  type RangeFunction,
  type RangeSubselect,
  type RangeVar,
  stringsOf,
  type TypeName,
} from '../ast/nodes.ts';
import { commonType } from '../resolution/common-type.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import { callColumns } from './call.ts';
import { type Context, notSupported, unknownObject } from './context.ts';
import { analyseExpression, analyseExpressions, condition } from './expression.ts';
import { useOperator } from './operator.ts';
import { outputName } from './output-name.ts';
import { readRelation } from './read-relation.ts';
import { findRelation } from './relations.ts';
import { type FromItem, Scope, type ScopeColumn, type ScopeEntry } from './scope.ts';
import { analyseQuery } from './select.ts';
import { settled } from './settled.ts';
import { checkInput, convert, takenAs, typeOf } from './types.ts';
import { constantOf, derivedFrom, oneOf } from './value.ts';

const fromKinds = [
  'RangeVar',
  'JoinExpr',
  'RangeSubselect',
  'RangeFunction',
  'RangeTableSample',
  'RangeTableFunc',
  'JsonTable',
] as const;
type FromKind = (typeof fromKinds)[number];
const isFromKind = (kind: string): kind is FromKind => (fromKinds as readonly string[]).includes(kind);

/** Adds the items of a FROM clause to the query's scope, in order. */
export function addFrom(context: Context, scope: Scope, clause: readonly Node[] | undefined): void {
  for (const node of clause ?? []) scope.add(fromItem(context, scope, node));
}

function fromItem(context: Context, scope: Scope, node: Node): FromItem {
  const kind = kindOf(node);
  if (!isFromKind(kind)) throw notSupported(`${kind} in FROM`);
  switch (kind) {
    case 'RangeVar':
      return table(context, scope, fieldsOf<RangeVar>(node));
    case 'JoinExpr':
      return join(context, scope, fieldsOf<JoinExpr>(node));
    case 'RangeSubselect':
      return subselect(context, scope, fieldsOf<RangeSubselect>(node));
    case 'RangeFunction':
      return functionItem(context, scope, fieldsOf<RangeFunction>(node));
    case 'RangeTableSample': {
      const sample = fieldsOf<{
        relation: Node;
        args?: readonly Node[];
        repeatable?: Node;
        method?: readonly Node[];
      }>(node);
      const method = stringsOf(sample.method).at(-1);
      if (method !== 'system' && method !== 'bernoulli') throw notSupported(`TABLESAMPLE ${method}`);
      const given = analyseExpressions(context, scope, sample.args);
      context.use('filter', ...given.map((one) => takenAs(context, one, typeIds.float4)));
      if (sample.repeatable !== undefined)
        context.use(
          'filter',
          takenAs(context, analyseExpression(context, scope, sample.repeatable), typeIds.float8),
        );
      return fromItem(context, scope, sample.relation);
    }
    case 'RangeTableFunc':
      return xmlTable(context, scope, fieldsOf<XmlTable>(node));
    case 'JsonTable':
      return jsonTable(context, scope, fieldsOf<JsonTable>(node));
    default:
      return assertNever(kind);
  }
}

/** One table under one name, its columns renamed as the alias says. */
export function named(
  name: string,
  schema: string | null,
  columns: readonly ScopeColumn[],
  hidden: readonly ScopeColumn[] = [],
  alias?: Alias,
  rowType?: string,
): FromItem {
  const names = stringsOf(alias?.colnames);
  if (names.length > columns.length)
    throw unknownObject('column', `${names[columns.length]} of an alias with more columns than its table`);
  const renamed =
    names.length === 0 ? columns : columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }));
  const entry: ScopeEntry = {
    name: alias?.aliasname ?? name,
    schema: alias === undefined ? schema : null,
    columns: renamed,
    hidden,
    ...(rowType === undefined ? {} : { rowType }),
  };
  return { entries: [entry], columns: renamed };
}

function table(context: Context, scope: Scope, range: RangeVar): FromItem {
  if (range.schemaname === undefined) {
    const common = scope.commonTable(range.relname);
    if (common !== null) {
      const columns = common.columns();
      context.decidedBy(common.deciding());
      return named(common.name, null, columns, [], range.alias);
    }
  }
  const relation = findRelation(context, range);
  const { columns, hidden } = readRelation(context, relation, range.inh === true);
  const rowType = typeFacts(context.catalog).rowOf(relation.oid) ?? undefined;
  return named(relation.name, relation.schema, columns, hidden, range.alias, rowType);
}

function subselect(context: Context, scope: Scope, item: RangeSubselect): FromItem {
  const outer = item.lateral === true ? scope : scope.outer;
  const columns = settled(analyseQuery(context, new Scope(outer, scope.commonTables), item.subquery));
  return named(item.alias?.aliasname ?? '', null, columns, [], item.alias);
}

function join(context: Context, scope: Scope, item: JoinExpr): FromItem {
  context.clock?.step();
  const left = fromItem(context, scope, item.larg);
  // The right side may refer to the left one, if LATERAL.
  const inner = new Scope(scope.outer, scope.commonTables);
  for (const earlier of scope.items) inner.add(earlier);
  inner.add(left);
  const right = fromItem(context, inner, item.rarg);
  const shared = sharedNames(item, left, right);
  const merged = shared.map((name): ScopeColumn => {
    const a = columnOf(left, name);
    const b = columnOf(right, name);
    context.use('join', a.value, b.value);
    useOperator(context, ['='], [a.value], [b.value]);
    a.onUse?.();
    b.onUse?.();
    const type = commonType(typeFacts(context.catalog), [a.value.type, b.value.type]);
    return { name, value: { ...oneOf([a.value, b.value]), type } };
  });
  const rest = (side: FromItem) => side.columns.filter((column) => !shared.includes(column.name));
  const columns = [...merged, ...rest(left), ...rest(right)];
  const entries = [...left.entries, ...right.entries];
  if (item.join_using_alias !== undefined)
    entries.push({ name: item.join_using_alias.aliasname, schema: null, columns: merged });
  if (item.quals !== undefined) {
    const both = new Scope(scope.outer, scope.commonTables);
    both.add({ entries, columns });
    context.use('join', condition(context, both, item.quals));
  }
  if (item.alias !== undefined) return named('', null, columns, [], item.alias);
  return { entries, columns };
}

function sharedNames(item: JoinExpr, left: FromItem, right: FromItem): string[] {
  if (item.usingClause !== undefined) return stringsOf(item.usingClause);
  if (item.isNatural !== true) return [];
  const names = new Set(right.columns.map((column) => column.name));
  return left.columns.map((column) => column.name).filter((name) => names.has(name));
}

function columnOf(item: FromItem, name: string): ScopeColumn {
  const found = item.columns.filter((column) => column.name === name);
  if (found[0] === undefined || found.length > 1) throw unknownObject('column', name);
  return found[0];
}

/** A function in FROM may refer to what stands left of it, LATERAL or not. */
function functionItem(context: Context, scope: Scope, item: RangeFunction): FromItem {
  const columns: ScopeColumn[] = [];
  const several = item.functions.length > 1;
  for (const fn of item.functions) {
    const [call, definitions] = asKind<{ items: readonly Node[] }>(fn, 'List')?.items ?? [];
    if (call === undefined) continue;
    const arrays = manyArrays(call);
    if (arrays !== null) {
      for (const array of arrays) columns.push(...functionColumns(context, scope, array, [], undefined));
      continue;
    }
    const defined = [
      ...(item.coldeflist ?? []),
      ...(asKind<{ items?: readonly Node[] }>(definitions, 'List')?.items ?? []),
    ];
    columns.push(...functionColumns(context, scope, call, defined, several ? undefined : item.alias));
  }
  if (item.ordinality === true) columns.push({ name: 'ordinality', value: constantOf(typeIds.int8) });
  const first = asKind<{ items: readonly Node[] }>(item.functions[0], 'List')?.items[0];
  const name = stringsOf(asKind<FuncCall>(first, 'FuncCall')?.funcname).at(-1) ?? '';
  return named(name, null, columns, [], item.alias);
}

/** `unnest(a, b)` in FROM is one call for each array. */
function manyArrays(node: Node): Node[] | null {
  const call = asKind<FuncCall>(node, 'FuncCall');
  const args = call?.args ?? [];
  if (call === null || args.length < 2 || stringsOf(call.funcname).at(-1) !== 'unnest') return null;
  return args.map((arg) => ({ FuncCall: { ...call, args: [arg] } }));
}

function functionColumns(
  context: Context,
  scope: Scope,
  call: Node,
  definitions: readonly Node[],
  alias: Alias | undefined,
): ScopeColumn[] {
  const fn = asKind<FuncCall>(call, 'FuncCall');
  if (fn === null) {
    const value = analyseExpression(context, scope, call);
    return [{ name: alias?.aliasname ?? outputName(call, context.subqueryNames), value }];
  }
  const { value, columns } = callColumns(context, scope, fn);
  // Which rows come out depends on the arguments.
  context.use('filter', value);
  if (definitions.length > 0)
    return definitions.map((definition) => {
      const { colname = '', typeName } = fieldsOf<{ colname?: string; typeName?: TypeName }>(definition);
      return {
        name: colname,
        value: { ...value, type: typeName === undefined ? null : readAs(context, typeName) },
      };
    });
  if (columns === 'unknown')
    throw notSupported(`the function ${stringsOf(fn.funcname).at(-1)} in FROM: its columns are not known`);
  if (columns !== null) return [...columns];
  return [{ name: alias?.aliasname ?? stringsOf(fn.funcname).at(-1) ?? '', value }];
}

/** The type of a column that a function makes out of a text or a document: what reading one brings about happens. */
function readAs(context: Context, typeName: TypeName): string | null {
  const type = typeOf(context, typeName);
  checkInput(context, type);
  return type;
}

interface XmlTable {
  readonly docexpr: Node;
  readonly rowexpr: Node;
  readonly columns?: readonly Node[];
  readonly alias?: Alias;
}

function xmlTable(context: Context, scope: Scope, item: XmlTable): FromItem {
  const row = derivedFrom(analyseExpressions(context, scope, [item.docexpr, item.rowexpr]));
  context.use('filter', row);
  const columns = (item.columns ?? []).map((node): ScopeColumn => {
    const column = fieldsOf<{ colname: string; typeName?: TypeName; colexpr?: Node; coldefexpr?: Node }>(
      node,
    );
    const parts = [column.colexpr, column.coldefexpr].filter((part) => part !== undefined);
    const value = derivedFrom([row, ...analyseExpressions(context, scope, parts)]);
    const type = column.typeName === undefined ? typeIds.int4 : readAs(context, column.typeName);
    if (column.coldefexpr !== undefined)
      convert(context, analyseExpression(context, scope, column.coldefexpr), type);
    return { name: column.colname, value: { ...value, type } };
  });
  return named('xmltable', null, columns, [], item.alias);
}

interface JsonTable {
  readonly context_item: Node | { raw_expr?: Node };
  readonly passing?: readonly Node[];
  readonly columns?: readonly Node[];
  readonly alias?: Alias;
}

function jsonTable(context: Context, scope: Scope, item: JsonTable): FromItem {
  const raw = (item.context_item as { raw_expr?: Node }).raw_expr ?? item.context_item;
  const row = derivedFrom(analyseExpressions(context, scope, [raw, ...(item.passing ?? [])]));
  context.use('filter', row);
  return named('json_table', null, jsonColumns(context, scope, item.columns, row), [], item.alias);
}

function jsonColumns(
  context: Context,
  scope: Scope,
  nodes: readonly Node[] | undefined,
  row: ReturnType<typeof derivedFrom>,
): ScopeColumn[] {
  return (nodes ?? []).flatMap((node) => {
    const column = fieldsOf<{
      name?: string;
      typeName?: TypeName;
      columns?: readonly Node[];
      on_empty?: { expr?: Node };
      on_error?: { expr?: Node };
    }>(node);
    if (column.columns !== undefined) return jsonColumns(context, scope, column.columns, row);
    const type = column.typeName === undefined ? typeIds.int4 : readAs(context, column.typeName);
    const defaults = [column.on_empty?.expr, column.on_error?.expr].filter((part) => part !== undefined);
    const given = analyseExpressions(context, scope, defaults);
    for (const one of given) convert(context, one, type);
    const value = derivedFrom([row, ...given]);
    return [{ name: column.name ?? '', value: { ...value, type } }];
  });
}
