/**
 * Sorting, grouping and finding what is equal compare values by the operator class of their type. Where a user made that
 * class, its functions are called though no operator and no name stands in the statement.
 */
import type { Catalog, Relation } from '../catalog/catalog.ts';
import { actionOf } from '../functions/extensions.ts';
import { typeIds } from '../resolution/type-facts.ts';
import type { Context } from './context.ts';
import { callUser } from './types.ts';
import type { Value } from './value.ts';

/** Values are compared: of a domain by its base, of an array by its elements, of a row by its fields. */
export function compare(context: Context, values: readonly Value[]): void {
  const comparers = comparersOf(context.catalog);
  context.reliedOn.comparing();
  if (comparers.size === 0) return;
  for (const value of values) {
    const types = typesWithin(context.catalog, value);
    const compared = types.includes(null) ? [...comparers.keys()] : types;
    for (const type of new Set(compared)) call(context, comparers.get(type ?? '') ?? [], type ?? '');
  }
}

/** The indexes and the partition key of a relation compare when its rows are found, written or planned for. */
export function compareKeys(context: Context, relation: Relation): void {
  if (!relation.system) context.reliedOn.comparing();
  for (const oid of relation.comparedBy) {
    const fn = context.catalog.functionsByOid.get(oid);
    if (fn !== undefined) callUser(context, fn, `operator class of ${relation.schema}.${relation.name}`);
  }
}

function call(context: Context, functions: readonly string[], type: string): void {
  const name = context.catalog.types.get(type)?.name ?? '';
  context.reliedOn.name('pg_type', name);
  for (const oid of functions) {
    const fn = context.catalog.functionsByOid.get(oid);
    if (fn !== undefined) callUser(context, fn, `operator class of type ${name}`);
  }
}

const known = new WeakMap<Catalog, ReadonlyMap<string, readonly string[]>>();

/** By type, where a function that is not known to be harmless compares its values. In most databases there is none. */
function comparersOf(catalog: Catalog): ReadonlyMap<string, readonly string[]> {
  let found = known.get(catalog);
  if (found !== undefined) return found;
  const acts = (oid: string) => {
    const fn = catalog.functionsByOid.get(oid);
    return fn !== undefined && actionOf(fn) !== null;
  };
  const types = [...catalog.types.values()].filter(({ comparedBy }) => comparedBy.some(acts));
  found = new Map(types.map(({ oid, comparedBy }) => [oid, comparedBy]));
  known.set(catalog, found);
  return found;
}

/** The types of what a value is made of; null among them where one is not known. */
function typesWithin(catalog: Catalog, { type, row }: Value): readonly (string | null)[] {
  const open: (string | null)[] = row === undefined ? [type] : row.map(({ value }) => value.type);
  const seen = new Set<string | null>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === typeIds.unknown || seen.has(next)) continue;
    seen.add(next);
    const info = next === null ? undefined : catalog.types.get(next);
    // A row of whatever fields.
    if (info?.kind === 'p') open.push(null);
    for (const inner of [info?.base, info?.element, info?.bounds]) if (inner != null) open.push(inner);
    const relation = info?.relation == null ? undefined : catalog.relationsByOid.get(info.relation);
    open.push(...(relation?.columns ?? []).map((column) => column.type));
  }
  return [...seen];
}
