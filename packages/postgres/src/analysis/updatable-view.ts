/** Views that are written through: what the server calls automatically updatable. */
import {
  asKind,
  fieldsOf,
  kindOf,
  type Node,
  type RangeVar,
  type ResTarget,
  type SelectStmt,
  stringsOf,
} from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { type Context, notSupported, unknownEffect } from './context.ts';
import { memoryOf } from './memory.ts';
import { relationName } from './read-relation.ts';
import { findRelation } from './relations.ts';

export interface UpdatableView {
  /** The one relation behind the view. */
  readonly relation: Relation;
  /** The relation's columns for the view's. */
  columns(names: readonly string[]): readonly string[];
}

/** What makes a query more than a selection of one table's rows. */
const more = [
  'distinctClause',
  'groupClause',
  'havingClause',
  'windowClause',
  'limitCount',
  'limitOffset',
  'withClause',
  'valuesLists',
] as const satisfies readonly (keyof SelectStmt)[];

/** @throws {CountersignError} `unknown_effect` for a view that the server would not write through. */
export function updatableView(context: Context, view: Relation): UpdatableView {
  const query = memoryOf(context.catalog).tree(view.definition ?? '')[0]?.stmt;
  const select = asKind<SelectStmt>(query, 'SelectStmt');
  const [from, another] = select?.fromClause ?? [];
  if (
    select === null ||
    from === undefined ||
    another !== undefined ||
    kindOf(from) !== 'RangeVar' ||
    select.op !== 'SETOP_NONE' ||
    more.some((field) => select[field] !== undefined)
  )
    throw unknownEffect(`writing through the view ${relationName(view)}`);
  const columns = plainColumns(view, select.targetList ?? []);
  return {
    relation: findRelation(context, fieldsOf<RangeVar>(from)),
    columns: (names) =>
      names.map((name) => {
        const column = columns.get(name);
        if (column === undefined) throw notSupported(`writing to the computed column ${name}`);
        return column;
      }),
  };
}

function plainColumns(view: Relation, targets: readonly Node[]): Map<string, string> {
  const columns = new Map<string, string>();
  for (const [i, target] of targets.entries()) {
    const fields = asKind<{ fields: readonly Node[] }>(fieldsOf<ResTarget>(target).val, 'ColumnRef')?.fields;
    const name = view.columns[i]?.name;
    const column = stringsOf(fields).at(-1);
    if (name !== undefined && column !== undefined) columns.set(name, column);
  }
  return columns;
}
