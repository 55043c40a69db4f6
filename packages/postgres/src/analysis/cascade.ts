/**
 * What CASCADE reaches, as the server finds it: whatever depends on what is dropped, what depends on that, and so on. A
 * part of something else takes with it what it is a part of where that can't be without it.
 */
import { type Action, type Resource, resource } from '@countersign/core';
import type { Node } from '../ast/nodes.ts';
import type { Catalog, Dependent, Relation } from '../catalog/catalog.ts';
import { firstUserOid } from '../catalog/versions.ts';
import { type Context, displayName, unknownEffect } from './context.ts';
import { namesOf, type ObjectEffect, relationResource } from './objects.ts';
import { functionResource } from './types.ts';

/** An object, or a column of a relation, as `pg_class 16403` and the column's number; 0 for the whole. */
export interface Dropped {
  readonly object: string;
  readonly column: number;
}

/**
 * Adds the effects on everything that goes along.
 *
 * @param what The statement, for the denial where it can't be told.
 */
export function cascade(context: Context, dropped: readonly Dropped[], what: string): void {
  const { dependents } = context.catalog;
  if (dependents === null) throw unknownEffect(`${what} with CASCADE`);
  const parts = partsOf(context.catalog);
  const own = new Set(dropped.map(({ object }) => object));
  const open = [...dropped];
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { object, column } = next;
    if (seen.has(keyOf(next)) || seen.has(`${object} 0`)) continue;
    seen.add(keyOf(next));
    context.clock?.step();
    context.reliedOn.dependents(object);
    if (!own.has(object)) name(context, next, parts, own, what);
    const whole = parts.get(object)?.find(({ how }) => how === 'i' || how === 'e');
    if (whole !== undefined && !own.has(object)) open.push({ object: whole.object, column: whole.onColumn });
    for (const one of dependents.get(object)?.list ?? [])
      if (column === 0 || one.onColumn === column) open.push(one);
  }
}

/** ALTER TYPE of a composite type with CASCADE: the tables that were made OF it are altered along with it. */
export function alterTablesOf(context: Context, { oid }: Relation): void {
  const { types, dependents, relationsByOid } = context.catalog;
  const type = [...types.values()].find((one) => one.relation === oid);
  if (type === undefined || dependents === null) throw unknownEffect('ALTER TYPE with CASCADE');
  context.reliedOn.dependents(`pg_type ${type.oid}`);
  for (const { object, column } of dependents.get(`pg_type ${type.oid}`)?.list ?? []) {
    const table = relationsByOid.get(object.replace('pg_class ', ''));
    // What has a column of that type depends on it with that column.
    if (table !== undefined && column === 0 && ['r', 'p'].includes(table.kind))
      context.effects.add('schema.alter', relationResource(context, table), null, 'CASCADE');
  }
}

const keyOf = ({ object, column }: Dropped): string => `${object} ${column}`;

/** By object: what it depends on. (`object` is then what it depends on.) */
function partsOf(catalog: Catalog): ReadonlyMap<string, readonly Dependent[]> {
  const found = new Map<string, Dependent[]>();
  for (const [object, { list }] of catalog.dependents ?? [])
    for (const one of list) {
      if (one.column !== 0) continue;
      const known = found.get(one.object);
      if (known === undefined) found.set(one.object, [{ ...one, object }]);
      else known.push({ ...one, object });
    }
  return found;
}

/** Objects that come and go with what they belong to, and are told of as that. */
const belonging = /^pg_(?:constraint|attrdef|trigger|rewrite|policy|statistic_ext|publication_rel) /;

/** Objects that are told of by their catalog alone. */
const kinds: ReadonlyMap<string, readonly [Action, string]> = new Map([
  ['pg_namespace', ['schema.drop', 'schema']],
  ['pg_operator', ['schema.drop', 'operator']],
  ['pg_cast', ['schema.drop', 'cast']],
  ['pg_collation', ['schema.drop', 'collation']],
  ['pg_conversion', ['schema.drop', 'conversion']],
  ['pg_opclass', ['schema.drop', 'operator_class']],
  ['pg_opfamily', ['schema.drop', 'operator_family']],
  ['pg_amop', ['schema.drop', 'operator_family']],
  ['pg_amproc', ['schema.drop', 'operator_family']],
  ['pg_transform', ['schema.drop', 'transform']],
  ['pg_ts_config', ['schema.drop', 'text_search']],
  ['pg_ts_dict', ['schema.drop', 'text_search']],
  ['pg_ts_parser', ['schema.drop', 'text_search']],
  ['pg_ts_template', ['schema.drop', 'text_search']],
  ['pg_extension', ['admin', 'extension']],
  ['pg_foreign_server', ['admin', 'server']],
  ['pg_foreign_data_wrapper', ['admin', 'foreign_data_wrapper']],
  ['pg_user_mapping', ['admin', 'server']],
  ['pg_event_trigger', ['admin', 'event_trigger']],
  ['pg_language', ['admin', 'language']],
  ['pg_publication', ['admin', 'publication']],
  ['pg_publication_namespace', ['admin', 'publication']],
  ['pg_subscription', ['admin', 'subscription']],
  ['pg_am', ['admin', 'access_method']],
  ['pg_default_acl', ['admin', 'schema']],
]);

function name(
  context: Context,
  dropped: Dropped,
  parts: ReadonlyMap<string, readonly Dependent[]>,
  own: ReadonlySet<string>,
  what: string,
): void {
  const add = (action: Action, target: Resource) => context.effects.add(action, target, null, 'CASCADE');
  const { object, column } = dropped;
  const [catalog = '', oid = ''] = object.split(' ');
  const { relationsByOid, functionsByOid, types } = context.catalog;
  const relation = catalog === 'pg_class' ? relationsByOid.get(oid) : undefined;
  if (relation !== undefined) {
    // The server keeps long values in tables beside the tables: they are none of anybody's.
    if (relation.kind === 't' || relation.kind === 'c' || relation.schema === 'pg_toast') return;
    const isIndex = relation.kind === 'i' || relation.kind === 'I';
    if (isIndex && own.has(`pg_class ${relation.belongsTo}`)) return;
    const isPart = column !== 0 || isIndex;
    context.reliedOn.relation(relation);
    add(isPart ? 'schema.alter' : 'schema.drop', relationResource(context, relation));
    return;
  }
  const fn = catalog === 'pg_proc' ? functionsByOid.get(oid) : undefined;
  if (fn !== undefined) {
    add('schema.drop', functionResource(fn));
    return;
  }
  const type = catalog === 'pg_type' ? types.get(oid) : undefined;
  if (type !== undefined) {
    const ofTable = type.relation !== null && relationsByOid.get(type.relation)?.kind !== 'c';
    if (!ofTable && type.element === null) add('schema.drop', resource('type', type.schema, type.name));
    return;
  }
  if (belonging.test(object)) {
    for (const owner of (parts.get(object) ?? []).filter(({ how }) => how === 'a'))
      if (!own.has(owner.object)) name(context, { object: owner.object, column: -1 }, parts, own, what);
    return;
  }
  const known = kinds.get(catalog);
  // Of those that are not in the catalog: the tables beside tables.
  if (known === undefined && catalog === 'pg_class') return;
  if (known === undefined) throw unknownEffect(`${what} with CASCADE`);
  const named = context.catalog.others.find((other) => other.object === object);
  const segments = named === undefined ? [displayName(oid)] : [named.schema, named.name];
  add(known[0], resource(known[1], ...segments.filter((segment) => segment !== null)));
}

/** Catalogs of objects whose names stand among the others, by the parser's names for their kinds. */
const plain: ReadonlyMap<string, string> = new Map([
  ['OBJECT_SCHEMA', 'pg_namespace'],
  ['OBJECT_EXTENSION', 'pg_extension'],
  ['OBJECT_LANGUAGE', 'pg_language'],
  ['OBJECT_FOREIGN_SERVER', 'pg_foreign_server'],
  ['OBJECT_FDW', 'pg_foreign_data_wrapper'],
  ['OBJECT_ACCESS_METHOD', 'pg_am'],
  ['OBJECT_OPERATOR', 'pg_operator'],
  ['OBJECT_COLLATION', 'pg_collation'],
  ['OBJECT_OPCLASS', 'pg_opclass'],
  ['OBJECT_OPFAMILY', 'pg_opfamily'],
  ['OBJECT_TSCONFIGURATION', 'pg_ts_config'],
  ['OBJECT_TSDICTIONARY', 'pg_ts_dict'],
  ['OBJECT_TSPARSER', 'pg_ts_parser'],
  ['OBJECT_TSTEMPLATE', 'pg_ts_template'],
]);

/** Kinds on which nothing depends that would have to be told. */
const alone: ReadonlySet<string> = new Set([
  'OBJECT_TRIGGER',
  'OBJECT_RULE',
  'OBJECT_POLICY',
  'OBJECT_CAST',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_CONVERSION',
  'OBJECT_TRANSFORM',
  'OBJECT_EVENT_TRIGGER',
  'OBJECT_PUBLICATION',
]);

/**
 * Where CASCADE sets out for an object that DROP names; none for one that does not exist.
 *
 * @throws {CountersignError} `unknown_effect` for a kind whose objects are not in the catalog, where they may exist.
 */
export function addressesOf(
  context: Context,
  objectType: string,
  node: Node,
  { relation, resource: named }: ObjectEffect,
): readonly Dropped[] {
  const { catalog } = context;
  const whole = (object: string): Dropped => ({ object, column: 0 });
  if (alone.has(objectType)) return [];
  if (relation !== null) return [whole(`pg_class ${relation.oid}`)];
  const known = plain.get(objectType);
  if (known !== undefined) {
    const text = namesOf(node).at(-1);
    const same = catalog.others.filter(({ object, name }) => name === text && object.startsWith(`${known} `));
    // What depends on the server's own is not in the catalog.
    if (same.some(({ object }) => Number(object.split(' ')[1]) < firstUserOid))
      throw unknownEffect('DROP of one of the server’s own with CASCADE');
    return same.map(({ object }) => whole(object));
  }
  if (named.startsWith('function:')) {
    const bare = (text: string) => text.replace(/%28.*|\(.*/, '');
    const same = [...catalog.functionsByOid.values()].filter((fn) => {
      const target = functionResource(fn);
      return target === named || bare(target) === named;
    });
    return same.map(({ oid }) => whole(`pg_proc ${oid}`));
  }
  if (objectType === 'OBJECT_TYPE' || objectType === 'OBJECT_DOMAIN') {
    const names = namesOf(node);
    const schemas = names.length > 1 ? [names.at(-2)] : context.searchPath;
    const same = (catalog.typesByName.get(names.at(-1) ?? '') ?? []).filter((one) =>
      schemas.includes(one.schema),
    );
    return same.map(({ oid }) => whole(`pg_type ${oid}`));
  }
  // A relation that is missing.
  if (/^(?:table|sequence):/.test(named)) return [];
  throw unknownEffect('DROP with CASCADE');
}
