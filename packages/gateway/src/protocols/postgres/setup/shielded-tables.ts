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
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * A view's columns come from other tables: the analysis tells from which, and one that can't be told is hidden.
 *
 * @param isHidden Whether a mask hides a column.
 */
export async function shieldedTables(
  catalog: Catalog,
  analyser: Analyser,
  isHidden: (column: Resource) => boolean,
): Promise<readonly ShieldedTable[]> {
  const tables: ShieldedTable[] = [];
  for (const { schema, name, kind, system, columns } of catalog.relationsByOid.values()) {
    if (system || !'rpvmf'.includes(kind) || schema.startsWith('pg_') || schema === 'information_schema')
      continue;
    const whole = await analyser.analyse(`SELECT * FROM ${quoted(schema)}.${quoted(name)}`, catalog, {
      parameters: 0,
    });
    const outputs = whole.ok ? whole.lineage.outputs : [];
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
    });
  }
  return tables.sort((a, b) => (`${a.schema}.${a.table}` < `${b.schema}.${b.table}` ? -1 : 1));
}
