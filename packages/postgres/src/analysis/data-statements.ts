/** Statements about whole tables and about code: TRUNCATE, REFRESH, COPY, CALL, DO. */
import { resource } from '@countersign/core';
import { type FuncCall, fieldsOf, type Node, type RangeVar, stringsOf } from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { callColumns } from './call.ts';
import { evaluateDefaults, writeTo } from './consequences.ts';
import { type Context, notSupported, tableResource } from './context.ts';
import { definition, definitionExpressions } from './ddl.ts';
import { readRelation, relationName } from './read-relation.ts';
import { descendantsOf, findRelation } from './relations.ts';
import { Scope, use } from './scope.ts';
import { analyseQuery } from './select.ts';
import type { StatementTraits } from './statement.ts';
import type { StatementVisitor } from './statements.ts';
import { viewQueryFindings } from './view.ts';

const truncate: StatementVisitor = (context, node) => {
  const { relations = [], behavior } = fieldsOf<{ relations?: readonly Node[]; behavior?: string }>(node);
  const emptied = new Set<Relation>();
  for (const range of relations) {
    const named = fieldsOf<RangeVar>(range);
    const relation = findRelation(context, named);
    if (!['r', 'p', 'f'].includes(relation.kind)) throw notSupported(`TRUNCATE of ${relationName(relation)}`);
    emptied.add(relation);
    writeTo(context, relation, { event: 'truncate', columns: null, only: named.inh !== true });
  }
  if (behavior === 'DROP_CASCADE') cascade(context, emptied);
  return definition(context, 'truncate');
};

/** TRUNCATE … CASCADE empties every table that refers to one that is emptied. */
function cascade(context: Context, emptied: Set<Relation>): void {
  for (const relation of emptied)
    for (const key of relation.referencedBy) {
      const child = context.catalog.relationsByOid.get(key.relation);
      if (child === undefined || emptied.has(child)) continue;
      emptied.add(child);
      writeTo(context, child, { event: 'truncate', columns: null }, `foreign key ${key.name}`);
    }
}

/** A materialised view is filled again by its query. */
const refresh: StatementVisitor = (context, node) => {
  const { relation: range, skipData } = fieldsOf<{ relation: RangeVar; skipData?: boolean }>(node);
  const relation = findRelation(context, range);
  if (relation.kind !== 'm') throw notSupported(`REFRESH of ${relationName(relation)}`);
  context.effects.add('write', tableResource(relation));
  if (skipData !== true)
    context.includeEffects(
      viewQueryFindings(context, relation),
      `materialized view ${relationName(relation)}`,
    );
  return definition(context, 'refresh_materialized_view');
};

/** COPY to or from the caller, or the server's files and programs. */
const copy: StatementVisitor = (context, node) => {
  const fields = fieldsOf<{
    relation?: RangeVar;
    query?: Node;
    attlist?: readonly Node[];
    is_from?: boolean;
    is_program?: boolean;
    filename?: string;
    whereClause?: Node;
  }>(node);
  if (fields.filename !== undefined)
    context.execute(
      'admin',
      fields.is_program === true
        ? resource('program', fields.filename.slice(0, 200))
        : resource('file', ...fields.filename.split('/')),
    );
  const stream = fields.filename !== undefined ? null : fields.is_from === true ? 'in' : 'out';
  const traits: StatementTraits = { ...code('copy'), readOnly: fields.is_from !== true, stream };
  if (fields.query !== undefined)
    return { ...traits, columns: analyseQuery(context, new Scope(null), fields.query) };
  if (fields.relation === undefined) throw notSupported('COPY');
  const relation = findRelation(context, fields.relation);
  const columns = stringsOf(fields.attlist);
  const named = columns.length > 0 ? columns : relation.columns.map((column) => column.name);
  if (fields.is_from === true) {
    writeTo(context, relation, { event: 'insert', columns: named });
    evaluateDefaults(context, relation, new Set(named));
    if (fields.whereClause !== undefined) definitionExpressions(context, relation, fields);
    return traits;
  }
  // A table's own rows only, unless it has none of its own.
  const { columns: all } = readRelation(context, relation, relation.kind === 'p');
  const copied = all.filter((column) => named.includes(column.name));
  for (const column of copied) use(column);
  return { ...traits, columns: copied };
};

/** LOCK of tables, in whichever mode: of what inherits from them, and of the tables behind a view. */
const lock: StatementVisitor = (context, node) => {
  for (const range of fieldsOf<{ relations?: readonly Node[] }>(node).relations ?? []) {
    const named = fieldsOf<RangeVar>(range);
    const relation = findRelation(context, named);
    const family = named.inh === true ? descendantsOf(context, relation) : [];
    for (const one of [relation, ...family]) context.effects.add('write.lock', tableResource(one));
    if (relation.kind !== 'v' || relation.system) continue;
    const via = `view ${relationName(relation)}`;
    for (const { action, resource: target } of viewQueryFindings(context, relation).effects)
      if (action === 'read') context.effects.add('write.lock', target, null, via);
  }
  return code('lock');
};

/** NOTIFY is what the function does that it is short for. */
const notify: StatementVisitor = (context) => {
  context.execute('execute', resource('function', 'pg_catalog', 'pg_notify(text,text)'));
  return code('notify');
};

const call: StatementVisitor = (context, node) => {
  const { funccall } = fieldsOf<{ funccall: FuncCall }>(node);
  const { columns } = callColumns(context, new Scope(null), funccall);
  return {
    ...code('call'),
    columns: columns === 'unknown' ? null : columns,
  };
};

/** A block of code: its body is not read. */
const doBlock: StatementVisitor = (context) => {
  context.execute('execute', resource('program', 'do'));
  return code('do');
};

const code = (kind: string): StatementTraits => ({
  kind,
  columns: null,
  standsAlone: false,
  inTransaction: true,
  explainable: false,
  readOnly: false,
});

export const dataStatements: readonly (readonly [string, StatementVisitor])[] = [
  ['TruncateStmt', truncate],
  ['RefreshMatViewStmt', refresh],
  ['CopyStmt', copy],
  ['CallStmt', call],
  ['DoStmt', doBlock],
  ['LockStmt', lock],
  ['NotifyStmt', notify],
];
