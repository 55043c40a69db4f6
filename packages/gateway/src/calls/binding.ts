/** What an approval binds: whether what is about to be committed is what was shown, and what became different. */
import type { MeasuredEffect, Requirement, TableChanges } from '@countersign/core';

const kinds = ['inserted', 'updated', 'deleted'] as const;

/** Whether a measured effect lies inside the one that was shown: no other table, each count within the tolerance, and where values are bound, the same ones. */
export function isInside(
  measured: MeasuredEffect,
  shown: MeasuredEffect,
  { bind = 'exact', tolerance = 0 }: Pick<Requirement, 'bind' | 'tolerance'>,
): boolean {
  const inside = pairs(shown, measured).every(([then, now]) =>
    kinds.every(
      (kind) => Math.abs(now[kind] - then[kind]) <= tolerance && (then[kind] > 0 || now[kind] === 0),
    ),
  );
  if (!inside || bind === 'counts') return inside;
  return shown.digest !== null && measured.digest === shown.digest;
}

/** The closer of two: what people agreed to under the one may be committed under both. */
export function closest(
  a: Pick<Requirement, 'bind' | 'tolerance'>,
  b: Pick<Requirement, 'bind' | 'tolerance'> | null,
): Pick<Requirement, 'bind' | 'tolerance'> {
  if (b === null) return a;
  return {
    ...(a.bind === 'counts' && b.bind === 'counts' ? { bind: 'counts' } : {}),
    tolerance: Math.min(a.tolerance ?? 0, b.tolerance ?? 0),
  };
}

/** What differs between the effect that was approved before and the one that is shown now, a line each. */
export function differences(before: MeasuredEffect, now: MeasuredEffect): readonly string[] {
  const lines = pairs(before, now).flatMap(([then, today]) =>
    kinds
      .filter((kind) => then[kind] !== today[kind])
      .map((kind) => `${then.table}: ${then[kind]} rows ${kind} then, ${today[kind]} now`),
  );
  if (lines.length > 0) return lines;
  if (before.digest !== null && now.digest !== null && before.digest !== now.digest)
    return ['as many rows as then, but other rows or other values'];
  return ['as far as it can be told, it is now what it was when it was approved'];
}

function pairs(a: MeasuredEffect, b: MeasuredEffect): readonly (readonly [TableChanges, TableChanges])[] {
  const names = [...new Set([...a.tables, ...b.tables].map(({ table }) => table))].toSorted();
  const of = ({ tables }: MeasuredEffect, name: string): TableChanges =>
    tables.find(({ table }) => table === name) ?? { table: name, inserted: 0, updated: 0, deleted: 0 };
  return names.map((name) => [of(a, name), of(b, name)]);
}
