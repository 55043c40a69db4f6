/**
 * What an analysis relied on: the search path, and the version of each row, or set of rows, of the catalog that decided
 * it. The gateway reads them again when the statement's locks are held; where one differs, the analysis no longer holds.
 */
import type { Catalog, NamedCatalog, PartCatalog, Relation } from './catalog.ts';
import { namedCatalogs, partCatalogs } from './catalog.ts';
import { dependentsOf, nameVersion, partVersion } from './versions.ts';

/** The version of one row, or set of rows, of the catalog. */
export interface ReliedOnRow {
  readonly catalog: NamedCatalog | PartCatalog | 'pg_depend';
  /**
   * What was looked at: `oid 16403` for an object's own row, `of 16403` for the rows that belong to a relation, `name
   * orders` for the rows of users' objects of that name, whichever their schema. Of `pg_depend`, `of pg_class 16403` for
   * what depends on an object.
   */
  readonly oid: string;
  /** The row's xmin, or the xmins of the rows in order, separated by commas; empty where there was none. */
  readonly xmin: string;
}

/** Plain data: it is stored with the call. */
export interface ReliedOn {
  /** Schema names, as JSON. */
  readonly searchPath: string;
  readonly rows: readonly ReliedOnRow[];
}

/** Collects what an analysis relies on, each thing once. */
export class ReliedOnRows {
  readonly #catalog: Catalog;
  readonly #rows = new Map<string, ReliedOnRow>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** A relation: its row and everything that belongs to it. The server's own do not change. */
  relation(relation: Relation): void {
    if (relation.system) return;
    this.#add('pg_class', `oid ${relation.oid}`, relation.xmin);
    for (const part of partCatalogs) this.#add(part, `of ${relation.oid}`, relation.parts.get(part) ?? '');
  }

  /** A name that was looked up: an object of that name, made later, might be found before the one that was meant. */
  name(catalog: NamedCatalog, name: string): void {
    this.#add(catalog, `name ${name}`, this.#catalog.names[catalog].get(name) ?? '');
  }

  /** Values are compared: by the operator classes of their types, which a superuser may add to. */
  comparing(): void {
    for (const catalog of ['pg_opclass', 'pg_amop', 'pg_amproc'] as const) this.name(catalog, 'any');
  }

  /** What depends on an object, given as `pg_class 16403`. */
  dependents(object: string): void {
    this.#add('pg_depend', `of ${object}`, this.#catalog.dependents?.get(object)?.version ?? '');
  }

  addAll(rows: Iterable<ReliedOnRow>): void {
    for (const { catalog, oid, xmin } of rows) this.#add(catalog, oid, xmin);
  }

  rows(): readonly ReliedOnRow[] {
    return [...this.#rows.values()];
  }

  #add(catalog: ReliedOnRow['catalog'], oid: string, xmin: string): void {
    this.#rows.set(`${catalog} ${oid}`, { catalog, oid, xmin });
  }
}

/** The search path as it is compared: schema names as JSON. */
export function searchPathText(searchPath: readonly string[]): string {
  return JSON.stringify(searchPath);
}

const branches = [
  `when 'pg_class oid' then (select xmin::text from pg_catalog.pg_class where oid = r.key::oid)`,
  ...namedCatalogs.map((catalog) => `when '${catalog} name' then (${nameVersion(catalog, 'r.key')})`),
  `when 'pg_depend of' then (${dependentsOf('r.key')})`,
  ...partCatalogs.map((part) => `when '${part} of' then (${partVersion(part, 'r.key::oid')})`),
].join('\n    ');

const comparison = `
select r.catalog, r.oid from (
  select catalog, oid, coalesce(xmin, '') as xmin,
    catalog || ' ' || pg_catalog.split_part(oid, ' ', 1) as kind, pg_catalog.substr(oid, pg_catalog.strpos(oid, ' ') + 1) as key
  from pg_catalog.json_to_recordset($1::json) as j(catalog text, oid text, xmin text)
) as r
where r.xmin is distinct from coalesce(case r.kind
    ${branches}
    else 'unknown' end, '')
union all
select 'search_path', pg_catalog.current_schemas(true)::text
where $2::jsonb <> pg_catalog.to_jsonb(pg_catalog.current_schemas(true))`;

/**
 * The query that reads again what was relied on: no row when all is the same, else a row (catalog, oid) for each thing
 * that differs. Its two values are text.
 */
export function reliedOnQuery(reliedOn: ReliedOn): { text: string; values: string[] } {
  return { text: comparison, values: [JSON.stringify(reliedOn.rows), reliedOn.searchPath] };
}
