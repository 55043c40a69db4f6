/** CREATE, ALTER and DROP of what a schema holds: tables, views, indexes, sequences, functions, types, triggers. */
import { CountersignError, resource } from '@countersign/core';
import {
  asKind,
  fieldsOf,
  type IntoClause,
  kindOf,
  type Node,
  type RangeVar,
  type SelectStmt,
  stringsOf,
  type TypeName,
} from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { addressesOf, alterTablesOf, cascade, type Dropped } from './cascade.ts';
import { Context, notSupported, tableResource } from './context.ts';
import { change, definition, definitionExpressions } from './ddl.ts';
import { creationSchema, newRelation, objectEffect, type SchemaVerb } from './objects.ts';
import { fillAnew, leaveParent, type NewNames, nameAnew } from './other-place.ts';
import { relationName } from './read-relation.ts';
import { descendantsOf, findRelation } from './relations.ts';
import { Scope, type ScopeColumn } from './scope.ts';
import { analyseQuery } from './select.ts';
import type { StatementVisitor } from './statements.ts';
import { statementVisitor } from './statements.ts';
import { writtenName } from './types.ts';

type Visit = (context: Context, node: Node) => ReturnType<StatementVisitor>;

/** A relation that is altered, and with it those that inherit from it. */
export function alterRelation(
  context: Context,
  range: RangeVar,
  verb: SchemaVerb,
  mayBeMissing = false,
): Relation | null {
  const { schemaname, relname } = range;
  const node = { List: { items: [schemaname, relname].filter((name) => name !== undefined).map(nameNode) } };
  const {
    action,
    resource: target,
    relation,
  } = objectEffect(context, 'OBJECT_TABLE', node, verb, mayBeMissing);
  change(context, action, target);
  if (relation !== null && range.inh === true) inherit(context, relation, verb);
  return relation;
}

const nameNode = (sval: string): Node => ({ String: { sval } });

function inherit(context: Context, relation: Relation, verb: SchemaVerb): void {
  if (relation.kind !== 'r' && relation.kind !== 'p') return;
  for (const child of descendantsOf(context, relation))
    context.effects.add(
      `schema.${verb}`,
      tableResource(child),
      null,
      `inheritance from ${relationName(relation)}`,
    );
}

const createTable: Visit = (context, node) => {
  const base = asKind<{ base: object }>(node, 'CreateForeignTableStmt');
  const fields = (base?.base ?? fieldsOf(node)) as {
    relation: RangeVar;
    inhRelations?: readonly Node[];
    partbound?: object;
  };
  change(context, 'schema.create', newRelation(context, fields.relation));
  for (const parent of fields.inhRelations ?? []) {
    const relation = findRelation(context, fieldsOf<RangeVar>(parent));
    change(context, 'schema.alter', tableResource(relation));
  }
  definitionExpressions(context, null, fields);
  const server = asKind<{ servername?: string }>(node, 'CreateForeignTableStmt')?.servername;
  if (server !== undefined) context.effects.add('admin', resource('server', server));
  return definition(context, base === null ? 'create_table' : 'create_foreign_table');
};

const alterTable: Visit = (context, node) => {
  const fields = fieldsOf<{
    relation: RangeVar;
    cmds?: readonly Node[];
    missing_ok?: boolean;
    objtype?: string;
  }>(node);
  const relation = alterRelation(context, fields.relation, 'alter', fields.missing_ok === true);
  for (const step of fields.cmds ?? []) {
    const command = fieldsOf<{ subtype: string; name?: string; behavior?: string; def?: Node }>(step);
    if (command.behavior === 'DROP_CASCADE' && relation?.kind === 'c') alterTablesOf(context, relation);
    if (command.behavior === 'DROP_CASCADE' && relation !== null)
      cascade(context, partDropped(context, relation, command), 'ALTER TABLE');
    if (command.subtype === 'AT_ChangeOwner') change(context, 'admin', resource('role', newOwner(step)));
    const other =
      asKind<{ name?: RangeVar }>(command.def, 'PartitionCmd')?.name ??
      asKind<RangeVar>(command.def, 'RangeVar');
    const met = other === null || other === undefined ? null : alterRelation(context, other, 'alter');
    if (relation === null) continue;
    if (met !== null && command.subtype === 'AT_DetachPartition') leaveParent(context, met, relation);
    if (met !== null && command.subtype === 'AT_DropInherit') leaveParent(context, relation, met);
    const using = asKind<{ raw_default?: Node }>(command.def, 'ColumnDef')?.raw_default;
    if (using !== undefined && command.subtype === 'AT_AlterColumnType')
      fillAnew(context, relation, command.name ?? '', using);
  }
  definitionExpressions(context, relation, fields.cmds);
  const inTransaction = !(fields.cmds ?? []).some(isConcurrentDetach);
  const what = (fields.objtype ?? 'OBJECT_TABLE').replace(/^OBJECT_/, '').toLowerCase();
  return definition(context, `alter_${what}`, { inTransaction });
};

/** What DROP COLUMN, DROP CONSTRAINT and a new type of a column take along. */
function partDropped(
  { catalog }: Context,
  { oid, columns }: Relation,
  { subtype, name = '' }: { readonly subtype: string; readonly name?: string },
): readonly Dropped[] {
  const table = `pg_class ${oid}`;
  if (subtype === 'AT_DropConstraint')
    return catalog.others
      .filter((one) => one.of === table && one.name === name)
      .map(({ object }) => ({ object, column: 0 }));
  const column = columns.find((one) => one.name === name);
  // Whatever else takes something along, it is at most what depends on the whole.
  if (subtype !== 'AT_DropColumn') return [{ object: table, column: 0 }];
  return column === undefined ? [] : [{ object: table, column: column.number }];
}

/** DETACH PARTITION … CONCURRENTLY can't run in a transaction. */
function isConcurrentDetach(step: Node): boolean {
  const { def } = fieldsOf<{ def?: Node }>(step);
  return asKind<{ concurrent?: boolean }>(def, 'PartitionCmd')?.concurrent === true;
}

const createIndex: Visit = (context, node) => {
  const fields = fieldsOf<{ relation: RangeVar; concurrent?: boolean }>(node);
  const relation = findRelation(context, fields.relation);
  change(context, 'schema.alter', tableResource(relation));
  if (fields.relation.inh === true) inherit(context, relation, 'alter');
  definitionExpressions(context, relation, fieldsOf(node));
  return definition(context, 'create_index', { inTransaction: fields.concurrent !== true });
};

/** A view's query is not run when it is made; its names must mean something all the same. */
const createView: Visit = (context, node) => {
  const { view, query, replace } = fieldsOf<{ view: RangeVar; query: Node; replace?: boolean }>(node);
  const target = newRelation(context, view);
  change(context, 'schema.create', target);
  if (replace === true) change(context, 'schema.alter', target);
  nameOnly(context, query);
  return definition(context, 'create_view');
};

/** Resolves the names of a query that is stored and not run. */
function nameOnly(context: Context, query: Node): void {
  const stored = new Context(context.catalog, context.searchPath, context.clock);
  analyseQuery(stored, new Scope(null), query);
  context.reliedOn.addAll(stored.reliedOn.rows());
}

/** The new table holds what the query returns. */
function fill(context: Context, { rel, colNames }: IntoClause, columns: readonly ScopeColumn[]): void {
  const names = stringsOf(colNames);
  const schema = rel.schemaname ?? creationSchema(context);
  for (const [i, { name, value }] of columns.entries())
    context.move(value, resource('column', schema, rel.relname, names[i] ?? name));
}

const createTableAs: Visit = (context, node) => {
  const { query, into, objtype } = fieldsOf<{
    query: Node;
    into: IntoClause;
    objtype: string;
  }>(node);
  if (kindOf(query) !== 'SelectStmt') statementVisitor(kindOf(query))(context, query);
  change(context, 'schema.create', newRelation(context, into.rel));
  if (into.skipData === true) nameOnly(context, query);
  else fill(context, into, analyseQuery(context, new Scope(null), query));
  const kind = objtype === 'OBJECT_MATVIEW' ? 'create_materialized_view' : 'create_table_as';
  return definition(context, kind, { explainable: true });
};

const selectInto: Visit = (context, node) => {
  const select = fieldsOf<SelectStmt>(node);
  let first: SelectStmt = select;
  while (first.intoClause === undefined && first.larg !== undefined) first = first.larg;
  if (first.intoClause === undefined) throw notSupported('SELECT INTO');
  change(context, 'schema.create', newRelation(context, first.intoClause.rel));
  fill(context, first.intoClause, analyseQuery(context, new Scope(null), node));
  return definition(context, 'select_into', { explainable: true });
};

const createFunction: Visit = (context, node) => {
  const { funcname, parameters, is_procedure, replace } = fieldsOf<{
    funcname: readonly Node[];
    parameters?: readonly Node[];
    is_procedure?: boolean;
    replace?: boolean;
  }>(node);
  const names = stringsOf(funcname);
  if (names.at(-2)?.startsWith('pg_temp') === true)
    throw new CountersignError('needs_native_session', { what: 'a temporary object' });
  const types = (parameters ?? []).flatMap((parameter) => {
    const { mode, argType } = fieldsOf<{ mode: string; argType: TypeName }>(parameter);
    if (mode === 'FUNC_PARAM_OUT' || mode === 'FUNC_PARAM_TABLE') return [];
    return [writtenName(argType)];
  });
  const target = resource(
    'function',
    names.at(-2) ?? creationSchema(context),
    `${names.at(-1)}(${types.join(',')})`,
  );
  change(context, 'schema.create', target);
  if (replace === true) change(context, 'schema.alter', target);
  return definition(context, is_procedure === true ? 'create_procedure' : 'create_function');
};

/** What is part of a table: triggers, policies, rules. */
const partOfTable =
  (kind: string): Visit =>
  (context, node) => {
    const fields = fieldsOf<{ relation?: RangeVar; table?: RangeVar }>(node);
    const range = fields.relation ?? fields.table;
    if (range === undefined) throw notSupported(kind);
    alterRelation(context, range, 'alter');
    return definition(context, kind);
  };

const drop: Visit = (context, node) => {
  const fields = fieldsOf<{
    objects?: readonly Node[];
    removeType: string;
    behavior?: string;
    missing_ok?: boolean;
    concurrent?: boolean;
  }>(node);
  const dropped: Dropped[] = [];
  const name = fields.removeType.replace(/^OBJECT_/, '').toLowerCase();
  for (const object of fields.objects ?? []) {
    const found = objectEffect(context, fields.removeType, object, 'drop', fields.missing_ok === true);
    const { relation } = found;
    const isOwn =
      relation !== null && isWhole(fields.removeType) && (relation.kind === 'i' || relation.kind === 'I');
    change(context, isOwn || isPart(fields.removeType) ? 'schema.alter' : found.action, found.resource);
    if (fields.behavior === 'DROP_CASCADE')
      dropped.push(...addressesOf(context, fields.removeType, object, found));
    if (relation !== null && isWhole(fields.removeType)) inherit(context, relation, 'drop');
  }
  if (fields.behavior === 'DROP_CASCADE') cascade(context, dropped, `DROP ${name.toUpperCase()}`);
  return definition(context, `drop_${name}`, { inTransaction: fields.concurrent !== true });
};

const isPart = (type: string) =>
  ['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY', 'OBJECT_COLUMN', 'OBJECT_TABCONSTRAINT'].includes(type);
const isWhole = (type: string) => !isPart(type);

/** ALTER … RENAME, SET SCHEMA, OWNER TO, DEPENDS ON; COMMENT ON; SECURITY LABEL. */
const alterObject =
  (kind: string): Visit =>
  (context, node) => {
    const fields = fieldsOf<{
      renameType?: string;
      objectType?: string;
      objtype?: string;
      relation?: RangeVar;
      object?: Node;
      missing_ok?: boolean;
      subname?: string;
      newname?: string;
      newschema?: string;
      behavior?: string;
    }>(node);
    const type = fields.renameType ?? fields.objectType ?? fields.objtype ?? '';
    if (fields.relation !== undefined) {
      const relation = alterRelation(context, fields.relation, 'alter', fields.missing_ok === true);
      if (relation !== null) nameAnew(context, relation, newNames(type, fields));
      if (relation !== null && fields.behavior === 'DROP_CASCADE') alterTablesOf(context, relation);
    } else if (fields.object !== undefined) {
      const found = objectEffect(context, type, fields.object, 'alter', fields.missing_ok === true);
      change(context, found.action, found.resource);
    } else if (fields.subname !== undefined && type === 'OBJECT_SCHEMA') {
      change(context, 'schema.alter', resource('schema', fields.subname));
      for (const relation of context.catalog.relationsByOid.values())
        if (relation.schema === fields.subname) nameAnew(context, relation, { schema: fields.newname });
    } else if (fields.subname !== undefined) {
      change(context, 'admin', resource(type.replace(/^OBJECT_/, '').toLowerCase(), fields.subname));
    } else
      throw notSupported(`${kind.replaceAll('_', ' ')} on ${type.replace(/^OBJECT_/, '').toLowerCase()}`);
    if (fields.newschema !== undefined) change(context, 'schema.alter', resource('schema', fields.newschema));
    if (kind === 'alter_owner') change(context, 'admin', resource('role', newOwner(node)));
    return definition(context, kind);
  };

function newNames(
  type: string,
  fields: { readonly subname?: string; readonly newname?: string; readonly newschema?: string },
): NewNames {
  const { subname = '', newname, newschema } = fields;
  if (newname === undefined) return { schema: newschema };
  if (type === 'OBJECT_COLUMN') return { column: { from: subname, to: newname } };
  return ['OBJECT_TABLE', 'OBJECT_FOREIGN_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'].includes(type)
    ? { table: newname }
    : {};
}

function newOwner(node: Node): string {
  return fieldsOf<{ newowner?: { rolename?: string } }>(node).newowner?.rolename ?? 'current';
}

export const definitionStatements: readonly (readonly [string, StatementVisitor])[] = [
  ['CreateStmt', createTable],
  ['CreateForeignTableStmt', createTable],
  ['AlterTableStmt', alterTable],
  ['IndexStmt', createIndex],
  ['ViewStmt', createView],
  ['CreateTableAsStmt', createTableAs],
  ['SelectInto', selectInto],
  ['CreateFunctionStmt', createFunction],
  ['AlterFunctionStmt', alterFunction('alter_function')],
  ['CreateTrigStmt', partOfTable('create_trigger')],
  ['CreatePolicyStmt', partOfTable('create_policy')],
  ['AlterPolicyStmt', partOfTable('alter_policy')],
  ['RuleStmt', partOfTable('create_rule')],
  ['DropStmt', drop],
  ['RenameStmt', alterObject('rename')],
  ['AlterObjectSchemaStmt', alterObject('set_schema')],
  ['AlterOwnerStmt', alterObject('alter_owner')],
  ['CommentStmt', alterObject('comment')],
  ['AlterObjectDependsStmt', alterObject('alter_depends')],
];

function alterFunction(kind: string): Visit {
  return (context, node) => {
    const { func } = fieldsOf<{ func: object }>(node);
    const found = objectEffect(context, 'OBJECT_FUNCTION', { ObjectWithArgs: func }, 'alter');
    change(context, found.action, found.resource);
    return definition(context, kind);
  };
}
