/** Finding relations as the server does, and offering them as FROM items. */
import type { Resource } from '@countersign/core';
import type { RangeVar } from '../ast/nodes.ts';
import type { Column, Relation } from '../catalog/catalog.ts';
import { type Context, columnResource, displayName, unknownObject } from './context.ts';
import type { ScopeColumn } from './scope.ts';
import { storedExpression } from './stored.ts';
import type { Value } from './value.ts';
import { viewColumns } from './view.ts';

/** The relation a name means: in its schema, or the first on the search path. */
export function findRelation(context: Context, name: RangeVar): Relation {
  const { catalog, searchPath } = context;
  const { catalogname, schemaname = null, relname } = name;
  const shown = displayName(schemaname, relname);
  if (catalogname !== undefined && catalogname !== catalog.database)
    throw unknownObject('relation', displayName(catalogname, schemaname, relname));
  const same = catalog.relations.get(relname);
  context.reliedOn.name('pg_class', relname);
  const schemas = schemaname === null ? searchPath : [schemaname];
  for (const schema of schemas) {
    const found = same?.get(schema);
    if (found === undefined) continue;
    context.reliedOn.relation(found);
    return found;
  }
  throw unknownObject('relation', shown);
}

/** Every relation that holds rows of this one: its partitions, the tables that inherit from it, theirs. */
export function descendantsOf(context: Context, relation: Relation): Relation[] {
  return reach(context, relation, (one) => one.children);
}

export function ancestorsOf(context: Context, relation: Relation): Relation[] {
  return reach(context, relation, (one) => one.parents);
}

function reach(context: Context, from: Relation, step: (one: Relation) => readonly string[]): Relation[] {
  const seen = new Set<Relation>([from]);
  for (const one of seen) {
    for (const oid of step(one)) {
      const next = context.catalog.relationsByOid.get(oid);
      if (next !== undefined) seen.add(next);
    }
  }
  seen.delete(from);
  for (const one of seen) context.reliedOn.relation(one);
  return [...seen];
}

/**
 * The value of a stored column. Partitions and their parents hold the same rows, so that a mask on one of them holds for
 * the others.
 */
export function columnValue(
  relation: Relation,
  family: readonly Relation[],
  name: string,
  type: string,
): Value {
  const sources = new Map<Resource, 'as_is'>();
  for (const one of [relation, ...family])
    if (one === relation || one.columns.some((column) => column.name === name))
      sources.set(columnResource(one, name), 'as_is');
  return { sources, proven: true, type };
}

/** A generated column comes from the columns of its expression, too. */
function withGenerated(context: Context, relation: Relation, column: Column, value: Value): Value {
  if (column.generated === null || column.default === null) return value;
  const { uses, usesProven } = storedExpression(context, relation, column.default);
  const sources = new Map(value.sources);
  for (const use of uses) sources.set(use.column, 'derived');
  return { ...value, sources, proven: usesProven };
}

const systemColumns: readonly (readonly [string, string])[] = [
  ['tableoid', '26'],
  ['ctid', '27'],
  ['xmin', '28'],
  ['cmin', '29'],
  ['xmax', '28'],
  ['cmax', '29'],
];

/** The columns every stored row has, beside its own. They hold no data. */
export function hiddenColumns(): ScopeColumn[] {
  return systemColumns.map(([name, type]) => ({ name, value: { sources: new Map(), proven: true, type } }));
}

export interface RelationColumns {
  readonly columns: readonly ScopeColumn[];
  readonly hidden: readonly ScopeColumn[];
}

/**
 * A relation's columns to be read from. Its use counts as a read of it, with the columns that are used; what reading it
 * brings about besides (a view's tables, partitions, policies) is found by `readRelation`.
 *
 * @param onRead Told the columns as they are used.
 */
export function columnsOf(
  context: Context,
  relation: Relation,
  family: readonly Relation[],
  onRead: (column: string) => void,
): RelationColumns {
  if (relation.definition !== null) {
    const values = viewColumns(context, relation);
    return {
      columns: values.map((column) => ({ ...column, onUse: () => onRead(column.name) })),
      hidden: relation.kind === 'm' ? hiddenColumns() : [],
    };
  }
  const columns = relation.columns.map((column) => ({
    name: column.name,
    value: withGenerated(context, relation, column, columnValue(relation, family, column.name, column.type)),
    onUse: () => onRead(column.name),
  }));
  return { columns, hidden: hiddenColumns() };
}
