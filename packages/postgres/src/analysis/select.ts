/** Queries: SELECT in all its forms, VALUES, set operations, and the writes with RETURNING that may stand in WITH. */
import { CountersignError, resource } from '@countersign/core';
import {
  asKind,
  fieldsOf,
  kindOf,
  type LockingClause,
  type Node,
  type RangeVar,
  type ResTarget,
  type SelectStmt,
  stringOf,
  stringsOf,
  type WindowDef,
} from '../ast/nodes.ts';
import { commonType } from '../resolution/common-type.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import { analyseWindow } from './call.ts';
import { starColumns } from './column-reference.ts';
import { withTables } from './common-tables.ts';
import { type Context, displayName, notSupported, unknownObject } from './context.ts';
import { analyseExpression, analyseExpressions, condition } from './expression.ts';
import { addFrom } from './from.ts';
import { useOperator } from './operator.ts';
import { outputName } from './output-name.ts';
import { findRelation } from './relations.ts';
import { Scope, type ScopeColumn } from './scope.ts';
import { leavesOutSecrets } from './settings.ts';
import { convertImplicitly, takenAs } from './types.ts';
import { constant, type NamedValue, oneOf, unproven, type Value } from './value.ts';
import { analyseWrite, isWrite } from './write.ts';

/**
 * A query that stands on its own, or within another: its output columns.
 *
 * @param scope Where it stands: nothing in FROM yet.
 */
export function analyseQuery(context: Context, scope: Scope, node: Node): ScopeColumn[] {
  const kind = kindOf(node);
  if (kind === 'SelectStmt') return analyseSelect(context, scope, fieldsOf<SelectStmt>(node));
  if (isWrite(kind)) return analyseWrite(context, scope, kind, node);
  throw notSupported(`${kind} as a query`);
}

export function analyseSelect(context: Context, outer: Scope, select: SelectStmt): ScopeColumn[] {
  context.clock?.step();
  const scope = withTables(context, outer, select.withClause);
  const columns =
    select.op !== 'SETOP_NONE'
      ? setOperation(context, scope, select)
      : select.valuesLists !== undefined
        ? valuesLists(context, scope, select)
        : simpleSelect(context, scope, select);
  const limits = [select.limitCount, select.limitOffset].filter((limit) => limit !== undefined);
  const counts = analyseExpressions(context, scope, limits);
  context.use('filter', ...counts.map((count) => takenAs(context, count, typeIds.int8)));
  return columns;
}

function simpleSelect(context: Context, scope: Scope, select: SelectStmt): ScopeColumn[] {
  context.readingSettings(leavesOutSecrets(select), () => addFrom(context, scope, select.fromClause));
  if (select.whereClause !== undefined) context.use('filter', condition(context, scope, select.whereClause));
  for (const node of select.windowClause ?? []) {
    const window = fieldsOf<WindowDef>(node);
    scope.windows.set(window.name ?? '', analyseWindow(context, scope, window));
  }
  const columns = targetList(context, scope, select.targetList);
  for (const node of select.groupClause ?? []) groupBy(context, scope, columns, node);
  if (select.havingClause !== undefined)
    context.use('filter', condition(context, scope, select.havingClause));
  distinct(context, scope, columns, select.distinctClause);
  sort(context, scope, columns, select.sortClause);
  for (const node of select.lockingClause ?? []) lock(context, scope, select, fieldsOf<LockingClause>(node));
  return columns;
}

/** What the server allows; beyond it each step of `SELECT a.*, b.*` could double what the step before it gave. */
const maxColumns = 1664;

/** The columns of a SELECT list or RETURNING, stars expanded. */
export function targetList(
  context: Context,
  scope: Scope,
  targets: readonly Node[] | undefined,
): ScopeColumn[] {
  const columns: NamedValue[] = [];
  for (const target of targets ?? []) {
    const { name, val } = fieldsOf<ResTarget>(target);
    if (val === undefined) continue;
    const star = starColumns(context, scope, val);
    if (star === null) {
      const value = analyseExpression(context, scope, val);
      columns.push({ name: name ?? outputName(val, context.subqueryNames), value });
    } else columns.push(...star);
    if (columns.length > maxColumns)
      throw new CountersignError('too_large', { what: `more than ${maxColumns} columns` });
  }
  return columns;
}

/** An ordinal is an output column; a bare name is an input column, or failing that an output column. */
function groupBy(context: Context, scope: Scope, columns: readonly ScopeColumn[], node: Node): void {
  const sets = asKind<{ content?: readonly Node[] }>(node, 'GroupingSet');
  if (sets !== null) {
    for (const part of sets.content ?? []) groupBy(context, scope, columns, part);
    return;
  }
  const name = bareName(node);
  const byName = name !== null && scope.column(name) === null ? outputNamed(columns, name) : null;
  context.use('group', byName ?? ordinal(columns, node) ?? analyseExpression(context, scope, node));
}

/** A bare name is an output column, or failing that an input column; an ordinal is an output column. */
function sortKey(context: Context, scope: Scope, columns: readonly ScopeColumn[], node: Node): Value {
  const name = bareName(node);
  const byName = name === null ? null : outputNamed(columns, name);
  return byName ?? ordinal(columns, node) ?? analyseExpression(context, scope, node);
}

export function sort(
  context: Context,
  scope: Scope,
  columns: readonly ScopeColumn[],
  clause: readonly Node[] | undefined,
): void {
  for (const node of clause ?? []) {
    const key = asKind<{ node: Node; useOp?: readonly Node[] }>(node, 'SortBy');
    if (key === null) continue;
    const value = sortKey(context, scope, columns, key.node);
    const using = stringsOf(key.useOp);
    const known = using.length === 0 || useOperator(context, using, [value], [value]).known;
    context.use('sort', known ? value : unproven(value));
  }
}

function distinct(
  context: Context,
  scope: Scope,
  columns: readonly ScopeColumn[],
  clause: readonly Node[] | undefined,
): void {
  if (clause === undefined) return;
  // A plain DISTINCT is a list of one empty node.
  const on = clause.filter((node) => kindOf(node) !== '');
  if (on.length === 0) context.use('distinct', ...columns.map((column) => column.value));
  for (const node of on) context.use('distinct', sortKey(context, scope, columns, node));
}

function bareName(node: Node): string | null {
  const fields = asKind<{ fields: readonly Node[] }>(node, 'ColumnRef')?.fields;
  if (fields?.length !== 1 || fields[0] === undefined || kindOf(fields[0]) !== 'String') return null;
  return stringOf(fields[0]);
}

function outputNamed(columns: readonly ScopeColumn[], name: string): Value | null {
  const found = columns.filter((column) => column.name === name).map((column) => column.value);
  return found.length === 0 ? null : oneOf(found);
}

function ordinal(columns: readonly ScopeColumn[], node: Node): Value | null {
  const number = asKind<{ ival?: { ival?: number } }>(node, 'A_Const')?.ival;
  if (number === undefined) return null;
  const column = columns[(number.ival ?? 0) - 1];
  if (column === undefined) throw unknownObject('output column', String(number.ival ?? 0));
  return column.value;
}

function setOperation(context: Context, scope: Scope, select: SelectStmt): ScopeColumn[] {
  const { larg, rarg, op, all } = select;
  if (larg === undefined || rarg === undefined) throw notSupported(op);
  const left = analyseSelect(context, new Scope(scope.outer, scope.commonTables), larg);
  const right = analyseSelect(context, new Scope(scope.outer, scope.commonTables), rarg);
  if (left.length !== right.length)
    throw unknownObject('a column', `in a set operation of ${left.length} and ${right.length} columns`);
  const columns = left.map(({ name, value }, i) => ({
    name,
    value: ofCommonType(context, [value, right[i]?.value ?? constant]),
  }));
  if (op !== 'SETOP_UNION' || all !== true) context.use('distinct', ...columns.map((column) => column.value));
  sort(context, new Scope(null, null), columns, select.sortClause);
  return columns;
}

/** One of several values, taken as of the type they have in common. A single one stays what it is. */
function ofCommonType(context: Context, values: readonly Value[]): Value {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return only;
  const types = values.map((value) => value.type);
  const type = types.every((one) => one === typeIds.unknown)
    ? typeIds.unknown
    : commonType(typeFacts(context.catalog), types);
  if (type !== null && type !== typeIds.unknown)
    convertImplicitly(
      context,
      values,
      values.map(() => type),
    );
  const mixed = types.some((one) => one !== types[0]);
  return { ...oneOf(values), type, ...(mixed ? { alternatives: values } : {}) };
}

function valuesLists(context: Context, scope: Scope, select: SelectStmt): ScopeColumn[] {
  const rows = (select.valuesLists ?? []).map((row) =>
    analyseExpressions(context, scope, fieldsOf<{ items?: readonly Node[] }>(row).items),
  );
  const columns = (rows[0] ?? []).map((value, i) => ({
    name: `column${i + 1}`,
    value: ofCommonType(context, [value, ...rows.slice(1).map((row) => row[i] ?? constant)]),
  }));
  sort(context, scope, columns, select.sortClause);
  return columns;
}

/** FOR UPDATE and its weaker forms lock rows: those of the tables named, or of all in FROM. */
function lock(context: Context, scope: Scope, select: SelectStmt, clause: LockingClause): void {
  context.lockRows();
  const named = (clause.lockedRels ?? []).map((node) => fieldsOf<RangeVar>(node).relname);
  for (const name of named)
    if (!scope.items.some((item) => item.entries.some((entry) => entry.name === name)))
      throw unknownObject('relation', displayName(name));
  for (const node of select.fromClause ?? []) lockItem(context, scope, node, named);
}

/** @param named The names of what is locked; none for everything. */
function lockItem(context: Context, scope: Scope, node: Node, named: readonly string[]): void {
  const sample = asKind<{ relation: Node }>(node, 'RangeTableSample');
  if (sample !== null) {
    lockItem(context, scope, sample.relation, named);
    return;
  }
  const meant = (name: string | undefined) => named.length === 0 || named.includes(name ?? '');
  const range = asKind<RangeVar>(node, 'RangeVar');
  const join = asKind<{ larg: Node; rarg: Node }>(node, 'JoinExpr');
  const sub = asKind<{ subquery: Node; alias?: { aliasname: string } }>(node, 'RangeSubselect');
  if (join !== null) {
    lockItem(context, scope, join.larg, named);
    lockItem(context, scope, join.rarg, named);
  } else if (range !== null && meant(range.alias?.aliasname ?? range.relname)) {
    if (range.schemaname === undefined && scope.commonTable(range.relname) !== null) return;
    const relation = findRelation(context, range);
    context.effects.add('write.lock', resource('table', relation.schema, relation.name));
    lockBehind(context, relation.definition === null ? null : relation.oid);
  } else if (sub !== null && meant(sub.alias?.aliasname)) {
    // Everything within is locked, whatever its names are.
    const inner = asKind<SelectStmt>(sub.subquery, 'SelectStmt');
    for (const item of inner?.fromClause ?? []) lockItem(context, scope, item, []);
  }
}

/** Locking a view's rows locks those of its tables. */
function lockBehind(context: Context, view: string | null): void {
  if (view === null) return;
  const relation = context.catalog.relationsByOid.get(view);
  if (relation?.kind !== 'v') return;
  for (const effect of context.effects.list())
    if (effect.action === 'read' && effect.via !== undefined)
      context.effects.add('write.lock', effect.resource, null, effect.via);
}
