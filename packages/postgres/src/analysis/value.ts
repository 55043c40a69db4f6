/** What is known of the value of an expression: where it comes from, and its type. */
import type { ColumnSource, Derivation, Resource } from '@countersign/core';

export interface Value {
  readonly sources: ReadonlyMap<Resource, Derivation>;
  /** False where a source may be missing. */
  readonly proven: boolean;
  /** The type's object id; null where it is not known. A quoted constant has {@link unknownType}. */
  readonly type: string | null;
  /** For a whole row: its columns. */
  readonly row?: readonly NamedValue[];
  /** For a column of VALUES whose rows are of several types: each row's. */
  readonly alternatives?: readonly Value[];
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export const unknownType = '705';

const noSources: ReadonlyMap<Resource, Derivation> = new Map();

/** A value that comes from no column. */
export const constant: Value = Object.freeze({ sources: noSources, proven: true, type: null });

export function constantOf(type: string | null): Value {
  return type === null ? constant : { ...constant, type };
}

/** The same value, computed by what can't be looked into: it may come from anywhere. */
export function unproven(value: Value): Value {
  return { ...value, proven: false };
}

/** A value computed from others. */
export function derivedFrom(values: Iterable<Value>, type: string | null = null): Value {
  let sources: Map<Resource, Derivation> | null = null;
  let proven = true;
  for (const value of values) {
    proven &&= value.proven;
    if (value.sources.size === 0) continue;
    sources ??= new Map();
    for (const column of value.sources.keys()) sources.set(column, 'derived');
  }
  if (sources === null && proven) return constantOf(type);
  return { sources: sources ?? noSources, proven, type };
}

/** A value that is one of several, as it is: the columns of a UNION. */
export function oneOf(values: readonly Value[]): Value {
  const sources = new Map<Resource, Derivation>();
  for (const value of values)
    for (const [column, how] of value.sources)
      if (how === 'derived' || !sources.has(column)) sources.set(column, how);
  const type = values.every((value) => value.type === values[0]?.type) ? (values[0]?.type ?? null) : null;
  return { sources, proven: values.every((value) => value.proven), type };
}

export function sourceList(value: Value): ColumnSource[] {
  return [...value.sources]
    .map(([column, how]) => ({ column, how }))
    .sort((a, b) => (a.column < b.column ? -1 : 1));
}
