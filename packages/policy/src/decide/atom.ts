/**
 * What a resource pattern is compared with. A table whose columns are known is taken column by column, because a rule
 * may speak of some of them only; a table whose columns are not known stands for any of them.
 */
import { type Effect, encodeSegment, splitResource } from '@countersign/core';
import type { Pattern } from './pattern.ts';

export interface Atom {
  /** `column:public.customers.ssn`, `function:public.f(int)`; the table itself where its columns are not known. */
  readonly name: string;
  /** `table:public.customers`, of a table or one of its columns. */
  readonly table: string | null;
  /** Whether it stands for many: a segment that is a bare star means all there are. */
  readonly many: boolean;
  /** `any`: it stands for whichever columns its table has. `none`: for the table without a column, as `count(*)` reads it. */
  readonly columns: 'any' | 'none' | 'known';
}

/**
 * `could`: the pattern speaks of something the atom may stand for; a rule that forbids or asks uses it.
 * `surely`: it speaks of everything the atom may stand for; a rule that allows uses it.
 */
export type Certainty = 'could' | 'surely';

/** The atoms of an effect. Never empty. */
export function atomsOf({ resource, columns }: Effect): readonly Atom[] {
  const { kind, segments } = splitResource(resource);
  const rest = resource.slice(kind.length + 1);
  if (kind === 'column')
    return [
      { name: resource, table: `table:${segments.slice(0, -1).join('.')}`, many: false, columns: 'known' },
    ];
  if (kind !== 'table')
    return [
      { name: resource, table: null, many: kind === 'k8s' && segments.includes('*'), columns: 'known' },
    ];
  if (columns === undefined) return [{ name: resource, table: resource, many: false, columns: 'any' }];
  if (columns.length === 0) return [{ name: resource, table: resource, many: false, columns: 'none' }];
  return columns.map((column) => ({
    name: `column:${rest}.${encodeSegment(column)}`,
    table: resource,
    many: false,
    columns: 'known',
  }));
}

/** Whether a pattern speaks of an atom. A table pattern covers its columns. */
export function speaksOf(
  pattern: Pattern,
  { name, table, many, columns }: Atom,
  certainty: Certainty,
): boolean {
  // A name has no bare star in it, so only a star in the pattern matches one: a pattern for all that it stands for.
  if (many) return certainty === 'could' ? pattern.couldMatch(name) : pattern.matches(name);
  if (pattern.kind === 'table') return table !== null && pattern.matches(table);
  if (pattern.kind !== 'column' || columns === 'known') return pattern.matches(name);
  const below = `column:${name.slice('table:'.length)}.`;
  // No column is spelt with a bare star, so only a star in the pattern matches one: a pattern for every column.
  if (certainty === 'surely') return pattern.matches(`${below}*`);
  return columns === 'any' && pattern.couldMatchBelow(below);
}
