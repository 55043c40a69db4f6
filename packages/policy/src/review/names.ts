/** Patterns of masks and rules that match nothing a target has: a mask that hides nothing, a rule that never speaks. */
import { type Finding, type Resource, splitResource, warning } from '@countersign/core';
import { compilePattern, type Pattern } from '../decide/pattern.ts';
import type { LoadedFile, Scope } from '../policy.ts';
import { connectionsOf } from './contains.ts';

/** The columns that each target has, by connection. A connection that could not be asked is not in it. */
export type ColumnsByConnection = ReadonlyMap<string, ReadonlySet<Resource>>;

/**
 * Compares patterns for tables and columns with what is there. Nothing is said of a pattern that speaks of a connection
 * that could not be asked.
 */
export function reviewNames(file: LoadedFile, known: ColumnsByConnection): readonly Finding[] {
  const { policy, connections } = file;
  const unmatched = (scope: Scope, patterns: readonly Pattern[]): readonly Pattern[] => {
    const names = connectionsOf(scope, connections).map(({ name }) => name);
    if (names.length === 0 || !names.every((name) => known.has(name))) return [];
    const columns = names.flatMap((name) => [...(known.get(name) ?? [])]);
    const tables = new Set(columns.map(tableOf));
    return patterns.filter(
      (pattern) => !(pattern.kind === 'table' ? [...tables] : columns).some((name) => pattern.matches(name)),
    );
  };
  const masks = policy.masks.flatMap((mask) =>
    unmatched(
      mask,
      (mask.columns ?? []).map((written) => compilePattern('column', written)),
    ).map(({ text }) =>
      warning(
        'mask.columns',
        `mask "${mask.name}" hides nothing by ${written(text)}: no column there is called that`,
        'Compare it with the schema: it is SCHEMA.TABLE.COLUMN, spelt as PostgreSQL keeps the name.',
      ),
    ),
  );
  const rules = policy.rules.flatMap((rule) => {
    const patterns = [...(rule.resources ?? []), ...(rule.except?.resources ?? [])].flatMap(relational);
    return unmatched(rule, patterns).map(({ text }) =>
      warning(
        'rule.resources',
        `rule "${rule.name}" names ${text}, which matches nothing there`,
        'Compare it with the schema, or leave it where the table is still to be made.',
      ),
    );
  });
  return [...masks, ...rules];
}

/** A pattern for tables or columns, compiled; none for other kinds, of which nothing is known. */
function relational(written: string): readonly Pattern[] {
  const { kind } = splitResource(written);
  return kind === 'table' || kind === 'column' ? [compilePattern(kind, written.slice(kind.length + 1))] : [];
}

const written = (text: string) => text.slice('column:'.length);

function tableOf(column: Resource): Resource {
  return `table:${splitResource(column).segments.slice(0, -1).join('.')}`;
}
