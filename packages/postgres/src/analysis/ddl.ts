/** What visitors of statements that define or administer things share. */
import type { Action, Resource } from '@countersign/core';
import { kindOf, type Node, stringsOf, type TypeName } from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import type { Context } from './context.ts';
import { analyseExpression } from './expression.ts';
import { hiddenColumns } from './relations.ts';
import { Scope, type ScopeColumn } from './scope.ts';
import type { StatementTraits } from './statement.ts';
import { checkInput, functionResource, typeOf } from './types.ts';
import { constantOf } from './value.ts';

/** The traits of a statement that changes the catalog. */
export function definition(
  context: Context,
  kind: string,
  traits: Partial<StatementTraits> = {},
): StatementTraits {
  context.reliedOn.name('pg_event_trigger', 'any');
  for (const trigger of context.catalog.eventTriggers) {
    const fn = context.catalog.functionsByOid.get(trigger.function);
    if (fn !== undefined)
      context.effects.add('execute', functionResource(fn), null, `event trigger ${trigger.name}`);
  }
  return {
    kind,
    columns: null,
    standsAlone: true,
    inTransaction: true,
    explainable: false,
    readOnly: false,
    ...traits,
  };
}

/** The traits of a statement that concerns roles, files, other databases or the whole server. */
export function administration(
  context: Context,
  kind: string,
  target: Resource,
  traits: Partial<StatementTraits> = {},
): StatementTraits {
  context.effects.add('admin', target);
  return definition(context, kind, traits);
}

export function change(context: Context, action: Action, target: Resource): void {
  context.effects.add(action, target);
}

/** Fields in which definitions hold expressions that the server may evaluate at once, for the rows that are there. */
const expressionFields: ReadonlySet<string> = new Set([
  'raw_expr',
  'raw_default',
  'whereClause',
  'expr',
  'qual',
]);

/**
 * Evaluates the expressions of a definition. The columns that they name are those of the relation, or new ones.
 *
 * @param fields Any part of the statement's tree.
 */
export function definitionExpressions(context: Context, relation: Relation | null, fields: unknown): void {
  const types = new Map<string, string | null>(relation?.columns.map((column) => [column.name, column.type]));
  types.set('value', null);
  collectNewColumns(context, fields, types);
  const columns: ScopeColumn[] = [...types].map(([name, type]) => ({ name, value: constantOf(type) }));
  const scope = new Scope(null);
  scope.add({
    entries: [
      { name: relation?.name ?? '', schema: relation?.schema ?? null, columns, hidden: hiddenColumns() },
    ],
    columns,
  });
  walk(context, scope, fields);
}

function collectNewColumns(context: Context, fields: unknown, types: Map<string, string | null>): void {
  if (typeof fields !== 'object' || fields === null) return;
  if ('colname' in fields && typeof fields.colname === 'string') {
    const type = 'typeName' in fields ? (fields.typeName as TypeName) : null;
    types.set(fields.colname, type === null || isSerial(type) ? null : typeOf(context, type));
  }
  for (const field of Object.values(fields)) collectNewColumns(context, field, types);
}

function walk(context: Context, scope: Scope, fields: unknown): void {
  if (typeof fields !== 'object' || fields === null) return;
  for (const [name, field] of Object.entries(fields) as [string, unknown][]) {
    if (name === 'typeName') checkType(context, field as TypeName);
    else if (expressionFields.has(name) && isExpression(field)) analyseExpression(context, scope, field);
    else walk(context, scope, field);
  }
}

function checkType(context: Context, type: TypeName): void {
  if (!isSerial(type)) checkInput(context, typeOf(context, type));
}

/** `serial` is no type, but a default and a sequence. */
function isSerial(type: TypeName): boolean {
  const name = stringsOf(type.names).at(-1) ?? '';
  return type.names?.length === 1 && /^(?:small|big)?serial[248]?$/.test(name);
}

function isExpression(field: unknown): field is Node {
  return (
    typeof field === 'object' &&
    field !== null &&
    !Array.isArray(field) &&
    /^[A-Z]/.test(kindOf(field as Node))
  );
}
