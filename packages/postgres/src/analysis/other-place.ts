/** What ALTER does to data that stays where it is: under another name, or out of a family, other masks may hold for it. */
import { resource } from '@countersign/core';
import type { Node } from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { type Context, columnResource } from './context.ts';
import { analyseExpression } from './expression.ts';
import { ancestorsOf, columnsOf, columnValue, descendantsOf } from './relations.ts';
import { Scope } from './scope.ts';

export interface NewNames {
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: { readonly from: string; readonly to: string } | undefined;
}

/** A relation's data gets another name: it has moved there. A column gets it in every table of the family. */
export function nameAnew(context: Context, relation: Relation, { schema, table, column }: NewNames): void {
  const family = column === undefined ? [] : descendantsOf(context, relation);
  for (const one of [relation, ...family])
    for (const { name, type } of one.columns)
      context.move(
        columnValue(one, [], name, type),
        resource('column', schema ?? one.schema, table ?? one.name, column?.from === name ? column.to : name),
      );
}

/** A table leaves its parent, and with it the masks of the parent's columns. */
export function leaveParent(context: Context, child: Relation, parent: Relation): void {
  for (const one of [parent, ...ancestorsOf(context, parent)])
    for (const { name, type } of one.columns)
      if (child.columns.some((column) => column.name === name))
        context.move(columnValue(one, [], name, type), columnResource(child, name));
}

/** ALTER COLUMN … TYPE … USING: the column holds from now on what the expression gives. */
export function fillAnew(context: Context, relation: Relation, name: string, using: Node): void {
  const { columns, hidden } = columnsOf(context, relation, [], () => undefined);
  const scope = new Scope(null);
  scope.add({ entries: [{ name: relation.name, schema: relation.schema, columns, hidden }], columns });
  const column = columnResource(relation, name);
  context.move(
    context.assigning(column, () => analyseExpression(context, scope, using)),
    column,
  );
}
