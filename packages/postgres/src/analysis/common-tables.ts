/** WITH: names for queries, seen from where they are given inwards; recursive ones see themselves. */
import type { Resource } from '@countersign/core';
import {
  asKind,
  type CommonTableExpr,
  fieldsOf,
  type SelectStmt,
  stringsOf,
  type WithClause,
} from '../ast/nodes.ts';
import { type Context, notSupported, unknownEffect } from './context.ts';
import { type CommonTable, Scope, type ScopeColumn } from './scope.ts';
import { analyseQuery, analyseSelect, sort } from './select.ts';
import { settled } from './settled.ts';
import { constant, derivedFrom, oneOf, type Value } from './value.ts';

/** Rounds after which the sources of a recursive query must have settled: each adds a column's sources to another. */
const maxRounds = 100;

/**
 * The scope in which the query of a WITH clause stands. Every query of the clause is analysed, used or not: one that
 * writes runs all the same.
 */
export function withTables(context: Context, scope: Scope, clause: WithClause | undefined): Scope {
  if (clause === undefined) return scope;
  const expressions = clause.ctes.map((node) => fieldsOf<CommonTableExpr>(node));
  let inner = scope;
  const tables = new Map<string, CommonTable>();
  if (clause.recursive === true) {
    inner = scope.within(tables);
    for (const expression of expressions)
      tables.set(expression.ctename, recursiveTable(context, inner, expression));
    for (const table of tables.values()) table.columns();
    return inner;
  }
  for (const expression of expressions) {
    const place = inner;
    const { result, deciding } = context.deciding(() =>
      analyseQuery(context, new Scope(place.outer, place.commonTables), expression.ctequery),
    );
    const columns = renamed(expression, settled(result));
    const name = expression.ctename;
    inner = inner.within(new Map([[name, { name, columns: () => columns, deciding: () => deciding }]]));
  }
  return inner;
}

function renamed(expression: CommonTableExpr, columns: readonly ScopeColumn[]): ScopeColumn[] {
  const names = stringsOf(expression.aliascolnames);
  const own = columns.map(({ name, value }, i) => ({ name: names[i] ?? name, value }));
  const { search_clause: search, cycle_clause: cycle } = expression;
  const extra = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column].filter(
    (name) => name !== undefined && name !== '',
  );
  const all = derivedFrom(own.map((column) => column.value));
  return [...own, ...extra.map((name) => ({ name: name as string, value: all }))];
}

/** Analysed when it is first asked for; while that goes on, it is known by what its first part gives. */
function recursiveTable(context: Context, scope: Scope, expression: CommonTableExpr): CommonTable {
  let columns: readonly ScopeColumn[] | null = null;
  let decided: Value = constant;
  let running = false;
  const analyse = () => {
    if (running) throw notSupported(`WITH RECURSIVE ${expression.ctename} before its first part`);
    running = true;
    const { result, deciding } = context.deciding(() =>
      analyseRecursive(context, scope, expression, (provisional) => {
        columns = provisional;
      }),
    );
    columns = result;
    decided = deciding;
    return result;
  };
  return { name: expression.ctename, columns: () => columns ?? analyse(), deciding: () => decided };
}

function analyseRecursive(
  context: Context,
  scope: Scope,
  expression: CommonTableExpr,
  provide: (columns: readonly ScopeColumn[]) => void,
): readonly ScopeColumn[] {
  const place = () => new Scope(scope.outer, scope.commonTables);
  const select = asKind<SelectStmt>(expression.ctequery, 'SelectStmt');
  const recursive = select !== null && select.op === 'SETOP_UNION' && select.larg !== undefined;
  if (!recursive) return renamed(expression, settled(analyseQuery(context, place(), expression.ctequery)));
  const first = settled(analyseSelect(context, nested(context, place(), select), select.larg));
  let known = renamed(expression, first);
  for (let round = 0; round < maxRounds; round++) {
    provide(known);
    const next = analyseSelect(context, nested(context, place(), select), select.rarg as SelectStmt);
    const joined = renamed(
      expression,
      // The types are those of the first part.
      first.map(({ name, value }, i) => ({
        name,
        value: { ...oneOf([known[i]?.value ?? constant, next[i]?.value ?? constant]), type: value.type },
      })),
    );
    const settled = sameSources(known, joined);
    known = joined;
    if (!settled) continue;
    if (select.all !== true) context.use('distinct', ...known.map((column) => column.value));
    sort(context, new Scope(null, null), known, select.sortClause);
    return known;
  }
  throw unknownEffect(`the recursion of ${expression.ctename}`);
}

/** A WITH clause inside the recursive query. */
function nested(context: Context, scope: Scope, select: SelectStmt): Scope {
  return withTables(context, scope, select.withClause);
}

function sameSources(a: readonly ScopeColumn[], b: readonly ScopeColumn[]): boolean {
  return b.every(({ value }, i) => {
    const before: ReadonlyMap<Resource, string> | undefined = a[i]?.value.sources;
    return before !== undefined && [...value.sources].every(([column, how]) => before.get(column) === how);
  });
}
