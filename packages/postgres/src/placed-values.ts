/**
 * Where the values that a statement itself brings are written as they stand: constants in VALUES and SET, parameters
 * likewise. Nothing of what is computed, compared or returned.
 */
import type { Resource } from '@countersign/core';
import { Context, columnResource } from './analysis/context.ts';
import { findRelation } from './analysis/relations.ts';
import {
  asKind,
  fieldsOf,
  type InsertStmt,
  type Node,
  type RangeVar,
  type ResTarget,
  type SelectStmt,
  type UpdateStmt,
} from './ast/nodes.ts';
import type { Catalog, Relation } from './catalog/catalog.ts';
import type { Parser } from './parser/parser.ts';

/** A value of the statement's own, and the column it is written to. */
export interface PlacedValue {
  /** The text of a constant, or the number of a parameter that stands nowhere else in the statement. */
  readonly value: { readonly text: string } | { readonly parameter: number };
  readonly column: Resource;
}

/** Those of a single INSERT or UPDATE; none of any other text. Rejects where the text is not one that can be analysed. */
export async function findPlacedValues(
  parser: Parser,
  sql: string,
  catalog: Catalog,
): Promise<readonly PlacedValue[]> {
  const [raw, ...others] = await parser.parse(sql, catalog.major);
  if (raw === undefined || others.length > 0) return [];
  const context = new Context(catalog, catalog.searchPath);
  const uses = parameterUses(raw.stmt);
  return [...assignments(context, raw.stmt)].flatMap(([node, column]): readonly PlacedValue[] => {
    const text = asKind<{ sval?: { sval?: string } }>(node, 'A_Const')?.sval?.sval;
    if (text !== undefined) return [{ value: { text }, column }];
    const parameter = asKind<{ number?: number }>(node, 'ParamRef')?.number;
    return parameter !== undefined && uses.get(parameter) === 1 ? [{ value: { parameter }, column }] : [];
  });
}

function* assignments(context: Context, statement: Node): Iterable<readonly [Node, Resource]> {
  const insert = asKind<InsertStmt>(statement, 'InsertStmt');
  const update = asKind<UpdateStmt>(statement, 'UpdateStmt');
  if (insert !== null) {
    const relation = tableOf(context, insert.relation);
    if (relation === null) return;
    yield* ofRows(relation, insert);
    yield* ofTargets(relation, insert.onConflictClause?.targetList ?? []);
  } else if (update !== null) {
    const relation = tableOf(context, update.relation);
    if (relation !== null) yield* ofTargets(relation, update.targetList ?? []);
  }
}

/** A table whose columns hold what is written to them; a view's are another's. */
function tableOf(context: Context, range: RangeVar): Relation | null {
  const relation = findRelation(context, range);
  return relation.kind === 'r' || relation.kind === 'p' ? relation : null;
}

function* ofRows(relation: Relation, { cols, selectStmt }: InsertStmt): Iterable<readonly [Node, Resource]> {
  const names =
    cols === undefined
      ? relation.columns.map(({ name }) => name)
      : cols.map((node) => {
          const { name, indirection } = fieldsOf<ResTarget>(node);
          return indirection === undefined ? name : undefined;
        });
  for (const row of asKind<SelectStmt>(selectStmt, 'SelectStmt')?.valuesLists ?? [])
    for (const [at, item] of (fieldsOf<{ items?: readonly Node[] }>(row).items ?? []).entries()) {
      const name = names[at];
      if (name !== undefined) yield [item, columnResource(relation, name)];
    }
}

function* ofTargets(relation: Relation, targets: readonly Node[]): Iterable<readonly [Node, Resource]> {
  for (const target of targets) {
    const { name, val, indirection } = fieldsOf<ResTarget>(target);
    if (name !== undefined && val !== undefined && indirection === undefined)
      yield [val, columnResource(relation, name)];
  }
}

/** How often each parameter stands in a statement. */
function parameterUses(statement: Node): ReadonlyMap<number, number> {
  const uses = new Map<number, number>();
  const open: unknown[] = [statement];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const { ParamRef: parameter } = next as { ParamRef?: { number?: number } };
    if (parameter?.number !== undefined) uses.set(parameter.number, (uses.get(parameter.number) ?? 0) + 1);
    open.push(...Object.values(next));
  }
  return uses;
}
