/** Views: their query is analysed once, and what it finds belongs to everyone who reads the view. */
import type { Relation } from '../catalog/catalog.ts';
import { Context, columnResource, type Findings, unknownEffect } from './context.ts';
import { memoryOf, type ViewFindings } from './memory.ts';
import { Scope, type ScopeColumn } from './scope.ts';
import { analyseQuery } from './select.ts';

/** Views within views beyond this depth are refused. */
const maxDepth = 50;
let depth = 0;

function viewFindings(context: Context, view: Relation): ViewFindings {
  const { catalog } = context;
  const memory = memoryOf(catalog);
  const known = memory.views.get(view.oid);
  if (known !== undefined) return known;
  const tree = memory.tree(view.definition ?? '');
  const query = tree[0]?.stmt;
  if (query === undefined || depth >= maxDepth) throw unknownEffect(`the view ${view.name}`);
  // The server writes a view's text for the search path of the session that asks, which is the catalog's.
  const inner = new Context(catalog, catalog.searchPath);
  depth++;
  try {
    const columns = analyseQuery(inner, new Scope(null), query);
    if (columns.length !== view.columns.length) throw unknownEffect(`the view ${view.name}`);
    const found = {
      columns: view.columns.map(({ name, type }, i): ScopeColumn => {
        const value = columns[i]?.value;
        const sources = new Map(value?.sources);
        sources.set(columnResource(view, name), 'as_is');
        return { name, value: { sources, proven: value?.proven ?? false, type } };
      }),
      findings: inner.findings(),
    };
    memory.views.set(view.oid, found);
    return found;
  } finally {
    depth--;
  }
}

/** A view's columns: each comes from the view's own column and from the columns its query takes it from. */
export function viewColumns(context: Context, view: Relation): readonly ScopeColumn[] {
  return viewFindings(context, view).columns;
}

/** What reading the view does besides. */
export function viewQueryFindings(context: Context, view: Relation): Findings {
  return viewFindings(context, view).findings;
}
