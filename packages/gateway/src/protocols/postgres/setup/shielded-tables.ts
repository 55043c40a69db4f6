/** The tables and views of a database, and which of their columns show what masks hide, under whatever name. */
import { type Resource, resource } from '@countersign/core';
import type { Analyser, Catalog } from '@countersign/postgres';

export interface ShieldedTable {
  readonly schema: string;
  readonly table: string;
  /** Those that the wall may read. */
  readonly open: readonly string[];
  /** Those that show something hidden, or may. */
  readonly hidden: readonly string[];
  /** Whether a mask could hide a column that it gets some day. */
  readonly mayHideMore: boolean;
}

/** What masks hide. */
export interface Hiding {
  readonly isHidden: (column: Resource) => boolean;
  /** Whether a mask could hide a column of the table that is not there yet. */
  readonly mayHideMore: (schema: string, table: string) => boolean;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * A view's columns come from other tables: the analysis tells from which, and one that can't be told is hidden. A view
 * whose rows, or their order, a hidden column decides shows it, too: all of it is hidden.
 */
export async function shieldedTables(
  catalog: Catalog,
  analyser: Analyser,
  { isHidden, mayHideMore }: Hiding,
): Promise<readonly ShieldedTable[]> {
  const tables: ShieldedTable[] = [];
  for (const { schema, name, kind, system, columns } of catalog.relationsByOid.values()) {
    if (system || !'rpvmf'.includes(kind) || schema.startsWith('pg_') || schema === 'information_schema')
      continue;
    const whole = await analyser.analyse(`SELECT * FROM ${quoted(schema)}.${quoted(name)}`, catalog, {
      parameters: 0,
    });
    const decided =
      !whole.ok || !whole.lineage.usesProven || whole.lineage.uses.some(({ column }) => isHidden(column));
    const outputs = whole.ok && !decided ? whole.lineage.outputs : [];
    const shows = (column: string): boolean => {
      if (isHidden(resource('column', schema, name, column))) return true;
      const output = outputs.find((one) => one.name === column);
      return (
        output === undefined || !output.proven || output.sources.some((source) => isHidden(source.column))
      );
    };
    const names = columns.map((column) => column.name);
    tables.push({
      schema,
      table: name,
      open: names.filter((column) => !shows(column)),
      hidden: names.filter(shows),
      mayHideMore: mayHideMore(schema, name),
    });
  }
  return tables.sort((a, b) => (`${a.schema}.${a.table}` < `${b.schema}.${b.table}` ? -1 : 1));
}
