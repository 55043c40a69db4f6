/** INSERT, UPDATE, DELETE and MERGE, alone or within WITH: effects, and the columns RETURNING gives. */
import { assertNever } from '@countersign/core';
import {
  asKind,
  type DeleteStmt,
  fieldsOf,
  type InsertStmt,
  type MergeStmt,
  type MergeWhenClause,
  type Node,
  type OnConflictClause,
  type RangeVar,
  type ResTarget,
  type Returning,
  type SelectStmt,
  type UpdateStmt,
} from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { typeFacts } from '../resolution/type-facts.ts';
import { withTables } from './common-tables.ts';
import { evaluateDefaults, writeTo } from './consequences.ts';
import {
  type Context,
  columnResource,
  displayName,
  notSupported,
  tableResource,
  unknownObject,
} from './context.ts';
import { analyseExpression, condition } from './expression.ts';
import { addFrom, named } from './from.ts';
import { applyPolicies, readRelation, relationName } from './read-relation.ts';
import { ancestorsOf, columnsOf, descendantsOf, findRelation } from './relations.ts';
import { Scope, type ScopeColumn, use } from './scope.ts';
import { analyseQuery, targetList } from './select.ts';
import { convert } from './types.ts';
import type { Value } from './value.ts';

const writeKinds = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const;
export type WriteKind = (typeof writeKinds)[number];
export const isWrite = (kind: string): kind is WriteKind => (writeKinds as readonly string[]).includes(kind);

export function analyseWrite(context: Context, outer: Scope, kind: WriteKind, node: Node): ScopeColumn[] {
  switch (kind) {
    case 'InsertStmt':
      return insert(context, outer, fieldsOf<InsertStmt>(node));
    case 'UpdateStmt':
      return update(context, outer, fieldsOf<UpdateStmt>(node));
    case 'DeleteStmt':
      return remove(context, outer, fieldsOf<DeleteStmt>(node));
    case 'MergeStmt':
      return merge(context, outer, fieldsOf<MergeStmt>(node));
    default:
      return assertNever(kind);
  }
}

/** What is written to: a table, a partitioned or foreign one, or a view. WITH names are never meant. */
function findTarget(context: Context, range: RangeVar): Relation {
  const relation = findRelation(context, range);
  if (!['r', 'p', 'f', 'v'].includes(relation.kind))
    throw notSupported(`writing to ${relationName(relation)}`);
  // The rules of the server's own views are not read. That of its settings sets them.
  if (relation.system && relation.kind === 'v' && relation.name !== 'pg_settings')
    throw notSupported(`writing to ${relationName(relation)}`);
  return relation;
}

/**
 * Puts the target into scope under its name or alias. Only columns that are used count as read; a target that no
 * expression looks at is not read.
 */
function addTarget(context: Context, scope: Scope, relation: Relation, range: RangeVar): void {
  const { columns, hidden } = targetColumns(context, relation, range.inh === true);
  scope.add(named(relation.name, relation.schema, columns, hidden, range.alias));
}

function targetColumns(context: Context, relation: Relation, withDescendants: boolean) {
  if (relation.kind === 'v') return readRelation(context, relation, withDescendants);
  const family = [
    ...(withDescendants ? descendantsOf(context, relation) : []),
    ...ancestorsOf(context, relation),
  ];
  return columnsOf(context, relation, family, (column) => {
    context.read(relation, [column]);
    // What is not to be seen is not to be found either.
    applyPolicies(context, relation, ['select']);
  });
}

function columnNamed(relation: Relation, name: string): string {
  if (!relation.columns.some((column) => column.name === name))
    throw unknownObject('column', displayName(relation.name, name));
  return name;
}

/** RETURNING sees the target under its own name, and as `old` and `new`. */
function returning(context: Context, scope: Scope, statement: Returning, relation: Relation): ScopeColumn[] {
  const { returningClause, returningList } = statement;
  const targets = returningClause?.exprs ?? returningList;
  if (targets === undefined) return [];
  const inner = new Scope(scope.outer, scope.commonTables);
  for (const item of scope.items) inner.add(item);
  if (context.catalog.major >= 18) {
    const names = { old: 'old', new: 'new' };
    for (const node of returningClause?.options ?? []) {
      const option = fieldsOf<{ option: string; value: string }>(node);
      if (option.option === 'RETURNING_OPTION_OLD') names.old = option.value;
      else names.new = option.value;
    }
    const { columns, hidden } = targetColumns(context, relation, true);
    for (const name of [names.old, names.new])
      if (scope.entry(name) === null)
        inner.add({ entries: [{ name, schema: null, columns, hidden }], columns: [] });
  }
  return targetList(context, inner, targets);
}

function insert(context: Context, outer: Scope, statement: InsertStmt): ScopeColumn[] {
  const scope = withTables(context, outer, statement.withClause);
  const relation = findTarget(context, statement.relation);
  const given = (statement.cols ?? []).map((node) =>
    columnNamed(relation, fieldsOf<ResTarget>(node).name ?? ''),
  );
  const source = statement.selectStmt;
  const values =
    source === undefined ? [] : analyseQuery(context, new Scope(scope.outer, scope.commonTables), source);
  const width = values.length;
  const all = relation.columns.map((column) => column.name);
  const columns = given.length > 0 ? given : all.slice(0, width);
  if (source !== undefined && (given.length > 0 ? given.length !== width : width > all.length))
    throw unknownObject('a column', `for each of ${width} values of the INSERT`);
  for (const [i, { value }] of values.entries()) assign(context, relation, columns[i] ?? '', value);
  writeTo(context, relation, { event: 'insert', columns });
  evaluateDefaults(context, relation, usesDefault(source) ? new Set() : new Set(columns));
  const place = new Scope(scope.outer, scope.commonTables);
  const looksAtTarget =
    statement.onConflictClause !== undefined ||
    statement.returningClause !== undefined ||
    statement.returningList !== undefined;
  if (!looksAtTarget) return [];
  addTarget(context, place, relation, statement.relation);
  if (statement.onConflictClause !== undefined)
    onConflict(context, place, relation, statement.onConflictClause);
  return returning(context, place, statement, relation);
}

/** A value is converted to the type of a column, or of the part of it that a path leads to, and written there. */
function assign(
  context: Context,
  relation: Relation,
  name: string,
  value: Value | null,
  path: readonly Node[] = [],
): void {
  const column = relation.columns.find((one) => one.name === name)?.type ?? null;
  const type = path.reduce<string | null>((whole, step) => partType(context, whole, step), column);
  for (const one of value?.alternatives ?? [value]) convert(context, one, type);
  if (value !== null) context.move(value, columnResource(relation, name));
}

/** The type of a field or an element; null where it is not known, which may be any. */
function partType(context: Context, whole: string | null, step: Node): string | null {
  if (whole === null) return null;
  const facts = typeFacts(context.catalog);
  const field = asKind<{ sval?: string }>(step, 'String')?.sval;
  if (field === undefined)
    return fieldsOf<{ is_slice?: boolean }>(step).is_slice === true ? whole : facts.element(whole);
  const relation = facts.info(facts.base(whole))?.relation ?? '';
  const columns = context.catalog.relationsByOid.get(relation)?.columns ?? [];
  return columns.find((column) => column.name === field)?.type ?? null;
}

/** Whether one of the rows of VALUES holds DEFAULT. */
function usesDefault(source: Node | undefined): boolean {
  const rows = asKind<SelectStmt>(source, 'SelectStmt')?.valuesLists ?? [];
  return rows.some((row) =>
    (fieldsOf<{ items?: readonly Node[] }>(row).items ?? []).some((item) => 'SetToDefault' in item),
  );
}

function onConflict(context: Context, scope: Scope, relation: Relation, clause: OnConflictClause): void {
  const { infer, action, targetList: targets = [], whereClause } = clause;
  for (const node of infer?.indexElems ?? []) {
    const { name, expr } = fieldsOf<{ name?: string; expr?: Node }>(node);
    const column = name === undefined ? null : scope.column(columnNamed(relation, name));
    if (column !== null) use(column);
    if (expr !== undefined) context.use('filter', analyseExpression(context, scope, expr));
  }
  if (infer?.conname !== undefined) {
    const key = relation.keys.get(infer.conname);
    if (key === undefined) throw unknownObject('constraint', displayName(infer.conname));
    context.read(relation, key);
  }
  if (infer?.whereClause !== undefined) context.use('filter', condition(context, scope, infer.whereClause));
  if (action !== 'ONCONFLICT_UPDATE') return;
  const { columns } = columnsOf(context, relation, [], () => undefined);
  const inner = new Scope(scope.outer, scope.commonTables);
  for (const item of scope.items) inner.add(item);
  inner.add({ entries: [{ name: 'excluded', schema: null, columns }], columns: [] });
  set(context, inner, relation, targets, false);
  if (whereClause !== undefined) context.use('filter', condition(context, inner, whereClause));
}

/** The assignments of SET: the columns they name are written, the expressions are evaluated. */
function set(
  context: Context,
  scope: Scope,
  relation: Relation,
  targets: readonly Node[],
  only: boolean,
): void {
  const columns: string[] = [];
  const defaults = new Set<string>();
  for (const node of targets) {
    const { name = '', val, indirection = [] } = fieldsOf<ResTarget>(node);
    columns.push(columnNamed(relation, name));
    for (const step of indirection) {
      const { lidx, uidx } = fieldsOf<{ lidx?: Node; uidx?: Node }>(step);
      for (const index of [lidx, uidx]) if (index !== undefined) analyseExpression(context, scope, index);
    }
    if (val === undefined) continue;
    // SET (a, b) = (…): the source stands behind each column, and is one.
    const several = asKind<{ source: Node; colno?: number }>(val, 'MultiAssignRef');
    const source = several?.source ?? val;
    if ('SetToDefault' in source) defaults.add(name);
    else {
      const column = columnResource(relation, name);
      const value = context.assigning(column, () => analyseExpression(context, scope, source));
      const part = several === null ? value : (value.row?.[(several.colno ?? 1) - 1]?.value ?? null);
      assign(context, relation, name, part, indirection);
      context.move(value, column);
    }
    if (several !== null && 'RowExpr' in source) defaults.add(name);
  }
  writeTo(context, relation, { event: 'update', columns, only });
  if (defaults.size > 0)
    evaluateDefaults(
      context,
      relation,
      new Set(relation.columns.map((column) => column.name).filter((name) => !defaults.has(name))),
    );
}

function update(context: Context, outer: Scope, statement: UpdateStmt): ScopeColumn[] {
  const scope = withTables(context, outer, statement.withClause);
  const relation = findTarget(context, statement.relation);
  const place = new Scope(scope.outer, scope.commonTables);
  addTarget(context, place, relation, statement.relation);
  addFrom(context, place, statement.fromClause);
  set(context, place, relation, statement.targetList ?? [], statement.relation.inh !== true);
  where(context, place, statement.whereClause);
  return returning(context, place, statement, relation);
}

function where(context: Context, scope: Scope, clause: Node | undefined): void {
  if (clause === undefined) return;
  // The row a cursor stands on: the server finds it without evaluating anything.
  if ('CurrentOfExpr' in clause) return;
  context.use('filter', condition(context, scope, clause));
}

function remove(context: Context, outer: Scope, statement: DeleteStmt): ScopeColumn[] {
  const scope = withTables(context, outer, statement.withClause);
  const relation = findTarget(context, statement.relation);
  const place = new Scope(scope.outer, scope.commonTables);
  addTarget(context, place, relation, statement.relation);
  addFrom(context, place, statement.usingClause);
  where(context, place, statement.whereClause);
  writeTo(context, relation, { event: 'delete', columns: null, only: statement.relation.inh !== true });
  return returning(context, place, statement, relation);
}

function merge(context: Context, outer: Scope, statement: MergeStmt): ScopeColumn[] {
  const scope = withTables(context, outer, statement.withClause);
  const relation = findTarget(context, statement.relation);
  const place = new Scope(scope.outer, scope.commonTables);
  // As the star of RETURNING gives them: the source's columns, then the target's.
  addFrom(context, place, [statement.sourceRelation]);
  addTarget(context, place, relation, statement.relation);
  context.use('join', condition(context, place, statement.joinCondition));
  for (const node of statement.mergeWhenClauses ?? [])
    mergeWhen(context, place, relation, fieldsOf<MergeWhenClause>(node), statement.relation.inh !== true);
  lockMerged(context, relation, statement);
  return returning(context, place, statement, relation);
}

/** What is merged into is locked for writing, with all that inherits from it, even where nothing is done. */
function lockMerged(
  context: Context,
  relation: Relation,
  { relation: range, mergeWhenClauses }: MergeStmt,
): void {
  const kinds = (mergeWhenClauses ?? []).map((node) => fieldsOf<MergeWhenClause>(node).commandType);
  if (kinds.some((kind) => kind === 'CMD_UPDATE' || kind === 'CMD_DELETE')) return;
  const lock = (one: Relation) => context.effects.add('write.lock', tableResource(one));
  if (!kinds.includes('CMD_INSERT')) lock(relation);
  if (range.inh === true) for (const child of descendantsOf(context, relation)) lock(child);
}

function mergeWhen(
  context: Context,
  scope: Scope,
  relation: Relation,
  clause: MergeWhenClause,
  only: boolean,
): void {
  if (clause.condition !== undefined) context.use('filter', condition(context, scope, clause.condition));
  switch (clause.commandType) {
    case 'CMD_NOTHING':
      return;
    case 'CMD_DELETE':
      writeTo(context, relation, { event: 'delete', columns: null, only });
      return;
    case 'CMD_UPDATE':
      set(context, scope, relation, clause.targetList ?? [], only);
      return;
    case 'CMD_INSERT': {
      const values = clause.values ?? [];
      const moved = values.map((value) => analyseExpression(context, scope, value));
      const given = (clause.targetList ?? []).map((node) =>
        columnNamed(relation, fieldsOf<ResTarget>(node).name ?? ''),
      );
      const columns =
        given.length > 0 ? given : relation.columns.slice(0, values.length).map((column) => column.name);
      for (const [i, value] of moved.entries()) assign(context, relation, columns[i] ?? '', value);
      writeTo(context, relation, { event: 'insert', columns });
      const explicit = values.some((value) => 'SetToDefault' in value) ? [] : columns;
      evaluateDefaults(context, relation, new Set(explicit));
      return;
    }
    default:
      throw notSupported(`MERGE ${clause.commandType}`);
  }
}
