/** Statements about whole tables and about code: TRUNCATE, REFRESH, COPY, CALL, DO. */
import { resource } from '@countersign/core';
import { type FuncCall, fieldsOf, type Node, type RangeVar, stringsOf } from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { callColumns } from './call.ts';
import { evaluateDefaults, writeTo } from './consequences.ts';
import { type Context, notSupported, tableResource } from './context.ts';
import { definition } from './ddl.ts';
import { readRelation, relationName } from './read-relation.ts';
import { findRelation } from './relations.ts';
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

/** COPY to or from the server's files and programs. A call has no stream for STDIN and STDOUT. */
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
  if (fields.filename === undefined)
    throw notSupported(fields.is_from === true ? 'COPY FROM STDIN' : 'COPY TO STDOUT');
  context.execute(
    'admin',
    fields.is_program === true
      ? resource('program', fields.filename.slice(0, 200))
      : resource('file', ...fields.filename.split('/')),
  );
  const traits: StatementTraits = { ...definition(context, 'copy'), standsAlone: false };
  if (fields.query !== undefined) {
    analyseQuery(context, new Scope(null), fields.query);
    return traits;
  }
  if (fields.relation === undefined) throw notSupported('COPY');
  const relation = findRelation(context, fields.relation);
  const columns = stringsOf(fields.attlist);
  const named = columns.length > 0 ? columns : relation.columns.map((column) => column.name);
  if (fields.is_from === true) {
    writeTo(context, relation, { event: 'insert', columns: named });
    evaluateDefaults(context, relation, new Set(named));
    if (fields.whereClause !== undefined) throw notSupported('COPY FROM … WHERE');
  } else
    for (const column of readRelation(context, relation, true).columns)
      if (named.includes(column.name)) use(column);
  return traits;
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
];
