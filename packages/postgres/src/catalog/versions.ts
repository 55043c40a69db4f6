/**
 * How the version of a part of the catalog is read: an SQL expression for each kind, the same whether the catalog is
 * loaded or what an analysis relied on is read again. The version of a set of rows is their xmins, in order.
 */
import type { NamedCatalog, PartCatalog } from './catalog.ts';

/** The first object id that a database gives to objects of its users. */
export const firstUserOid = 16_384;

/** For each part of a relation: where its rows are, which relations a row belongs to, and their order. */
export const partVersions: Readonly<
  Record<
    PartCatalog,
    { readonly belongsTo: readonly string[]; readonly order: string; readonly only?: string }
  >
> = {
  pg_attribute: { belongsTo: ['attrelid'], order: 'attnum', only: 'attnum > 0' },
  pg_attrdef: { belongsTo: ['adrelid'], order: 'oid' },
  pg_trigger: { belongsTo: ['tgrelid'], order: 'oid' },
  pg_rewrite: { belongsTo: ['ev_class'], order: 'oid' },
  pg_constraint: { belongsTo: ['conrelid', 'confrelid'], order: 'oid' },
  pg_policy: { belongsTo: ['polrelid'], order: 'oid' },
  pg_inherits: { belongsTo: ['inhrelid', 'inhparent'], order: 'inhrelid, inhparent' },
  pg_index: { belongsTo: ['indrelid'], order: 'indexrelid' },
  pg_statistic_ext: { belongsTo: ['stxrelid'], order: 'oid' },
};

/** For each catalog that is searched by name: the name's column, and which rows count. */
export const nameVersions: Readonly<Record<NamedCatalog, { readonly name: string; readonly only: string }>> =
  {
    pg_class: { name: 'relname', only: `oid >= ${firstUserOid} and relpersistence <> 't'` },
    pg_proc: { name: 'proname', only: `oid >= ${firstUserOid}` },
    pg_type: { name: 'typname', only: `oid >= ${firstUserOid}` },
    pg_operator: { name: 'oprname', only: `oid >= ${firstUserOid}` },
    pg_constraint: { name: 'contypid::text', only: `contypid >= ${firstUserOid}` },
    pg_opclass: { name: `'any'::text`, only: `oid >= ${firstUserOid}` },
    pg_amop: { name: `'any'::text`, only: `oid >= ${firstUserOid}` },
    pg_amproc: { name: `'any'::text`, only: `oid >= ${firstUserOid}` },
    pg_cast: { name: `'any'::text`, only: `oid >= ${firstUserOid}` },
    pg_event_trigger: { name: `'any'::text`, only: 'true' },
  };

/** The versions of one part of every user relation, as rows (relation, version). */
export function allPartVersions(part: PartCatalog): string {
  const { belongsTo, order, only = 'true' } = partVersions[part];
  const rows = belongsTo.map(
    (column) =>
      `select ${column} as relation, ${order}, xmin::text as version from pg_catalog.${part} where ${only} and ${column} >= ${firstUserOid}`,
  );
  // A row that belongs to one relation in two ways counts once: UNION, not UNION ALL.
  return `select relation, pg_catalog.string_agg(version, ',' order by ${order}) as version
    from (${rows.join(' union ')}) as r group by relation`;
}

/** The version of one part of the relation whose id the expression gives. */
export function partVersion(part: PartCatalog, relation: string): string {
  const { belongsTo, order, only = 'true' } = partVersions[part];
  const mine = belongsTo.map((column) => `${column} = ${relation}`).join(' or ');
  return `select pg_catalog.string_agg(xmin::text, ',' order by ${order}) from pg_catalog.${part} where ${only} and (${mine})`;
}

/** What orders the rows of `pg_depend` that refer to one object. */
const dependentOrder = 'd.classid, d.objid, d.objsubid, d.refobjsubid, d.deptype';

/** The version of what depends on an object, as an aggregate over rows `d` of `pg_depend`. */
export const dependentsVersion = `pg_catalog.string_agg(d.xmin::text, ',' order by ${dependentOrder})`;

/** The version of what depends on the object that the expression gives: its catalog and its id, with a space between. */
export function dependentsOf(object: string): string {
  return `select ${dependentsVersion} from pg_catalog.pg_depend d
    where d.refclassid = ('pg_catalog.' || pg_catalog.split_part(${object}, ' ', 1))::regclass
      and d.refobjid = pg_catalog.split_part(${object}, ' ', 2)::oid`;
}

/** The versions of every name in one catalog, as rows (name, version). */
export function allNameVersions(catalog: NamedCatalog): string {
  const { name, only } = nameVersions[catalog];
  return `select ${name}::text as name, pg_catalog.string_agg(xmin::text, ',' order by oid) as version
    from pg_catalog.${catalog} where ${only} group by ${name}`;
}

/** The version of the rows of one name. */
export function nameVersion(catalog: NamedCatalog, text: string): string {
  const { name, only } = nameVersions[catalog];
  return `select pg_catalog.string_agg(xmin::text, ',' order by oid) from pg_catalog.${catalog} where ${only} and ${name} = ${text}`;
}
