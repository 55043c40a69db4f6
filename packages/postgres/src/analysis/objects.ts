/** The objects that statements define, alter, drop or administer: how each kind is named, and as which resource. */
import { type Action, CountersignError, type Resource, resource } from '@countersign/core';
import {
  asKind,
  kindOf,
  type Node,
  type RangeVar,
  stringOf,
  stringsOf,
  type TypeName,
} from '../ast/nodes.ts';
import type { Relation } from '../catalog/catalog.ts';
import { builtinFunctions } from '../functions/builtins.ts';
import { type Context, displayName, notSupported, tableResource, unknownObject } from './context.ts';
import { findRelation } from './relations.ts';
import { functionResource } from './types.ts';

/** How an object of a kind is named, and whether to change it is `schema` or `admin`. */
interface ObjectKind {
  readonly action: 'schema' | 'admin';
  /**
   * `relation`: an existing relation; `part`: the last name is a part of the relation before it; `function`: with its
   * arguments; `type`, `qualified`: a name in a schema; `of_method`: the same after an access method; `pair`: two types,
   * or a type and what is made for it; `plain`: a name without a schema.
   */
  readonly named: 'relation' | 'part' | 'function' | 'type' | 'qualified' | 'of_method' | 'pair' | 'plain';
  /** The kind of resource; for relations their own. */
  readonly resource: string;
}

const schemaPart = (named: ObjectKind['named'], kind: string): ObjectKind => ({
  action: 'schema',
  named,
  resource: kind,
});
const administered = (kind: string, named: ObjectKind['named'] = 'plain'): ObjectKind => ({
  action: 'admin',
  named,
  resource: kind,
});

/** By the parser's names. */
const objectKinds: ReadonlyMap<string, ObjectKind> = new Map([
  ['OBJECT_TABLE', schemaPart('relation', 'table')],
  ['OBJECT_VIEW', schemaPart('relation', 'table')],
  ['OBJECT_MATVIEW', schemaPart('relation', 'table')],
  ['OBJECT_FOREIGN_TABLE', schemaPart('relation', 'table')],
  ['OBJECT_INDEX', schemaPart('relation', 'table')],
  ['OBJECT_SEQUENCE', schemaPart('relation', 'sequence')],
  ['OBJECT_COLUMN', schemaPart('part', 'table')],
  ['OBJECT_TRIGGER', schemaPart('part', 'table')],
  ['OBJECT_RULE', schemaPart('part', 'table')],
  ['OBJECT_POLICY', schemaPart('part', 'table')],
  ['OBJECT_TABCONSTRAINT', schemaPart('part', 'table')],
  ['OBJECT_FUNCTION', schemaPart('function', 'function')],
  ['OBJECT_PROCEDURE', schemaPart('function', 'function')],
  ['OBJECT_ROUTINE', schemaPart('function', 'function')],
  ['OBJECT_AGGREGATE', schemaPart('function', 'function')],
  ['OBJECT_TYPE', schemaPart('type', 'type')],
  ['OBJECT_DOMAIN', schemaPart('type', 'type')],
  ['OBJECT_SCHEMA', schemaPart('plain', 'schema')],
  ['OBJECT_STATISTIC_EXT', schemaPart('qualified', 'statistics')],
  ['OBJECT_COLLATION', schemaPart('qualified', 'collation')],
  ['OBJECT_CONVERSION', schemaPart('qualified', 'conversion')],
  ['OBJECT_TSCONFIGURATION', schemaPart('qualified', 'text_search')],
  ['OBJECT_TSDICTIONARY', schemaPart('qualified', 'text_search')],
  ['OBJECT_OPERATOR', schemaPart('qualified', 'operator')],
  ['OBJECT_OPCLASS', schemaPart('of_method', 'operator_class')],
  ['OBJECT_OPFAMILY', schemaPart('of_method', 'operator_family')],
  ['OBJECT_CAST', schemaPart('pair', 'cast')],
  ['OBJECT_TRANSFORM', schemaPart('pair', 'transform')],
  ['OBJECT_DOMCONSTRAINT', schemaPart('pair', 'type')],
  ['OBJECT_TSPARSER', administered('text_search', 'qualified')],
  ['OBJECT_TSTEMPLATE', administered('text_search', 'qualified')],
  ['OBJECT_EXTENSION', administered('extension')],
  ['OBJECT_ROLE', administered('role')],
  ['OBJECT_DATABASE', administered('database')],
  ['OBJECT_TABLESPACE', administered('tablespace')],
  ['OBJECT_FDW', administered('foreign_data_wrapper')],
  ['OBJECT_FOREIGN_SERVER', administered('server')],
  ['OBJECT_LANGUAGE', administered('language')],
  ['OBJECT_PUBLICATION', administered('publication')],
  ['OBJECT_SUBSCRIPTION', administered('subscription')],
  ['OBJECT_EVENT_TRIGGER', administered('event_trigger')],
  ['OBJECT_ACCESS_METHOD', administered('access_method')],
  ['OBJECT_PARAMETER_ACL', administered('setting')],
]);

export type SchemaVerb = 'create' | 'alter' | 'drop';

/** An effect on an object: the action, and the resource. */
export interface ObjectEffect {
  readonly action: Action;
  readonly resource: Resource;
  /** The relation, where it is one that exists. */
  readonly relation: Relation | null;
}

/**
 * The object that a statement names.
 *
 * @param mayBeMissing With IF EXISTS an object that does not exist is no error; the effect is named all the same.
 */
export function objectEffect(
  context: Context,
  objectType: string,
  node: Node,
  verb: SchemaVerb,
  mayBeMissing = false,
): ObjectEffect {
  const kind = objectKinds.get(objectType);
  if (kind === undefined) throw notSupported(`${verb} ${objectName(objectType)}`);
  const action: Action = kind.action === 'admin' ? 'admin' : `schema.${verb}`;
  const found = (target: Resource, relation: Relation | null = null) => ({
    action,
    resource: target,
    relation,
  });
  switch (kind.named) {
    case 'relation':
    case 'part': {
      const names = namesOf(node);
      const range = rangeOf(kind.named === 'part' ? names.slice(0, -1) : names);
      const relation = existing(context, range, mayBeMissing);
      if (relation === null)
        return found(resource(kind.resource, range.schemaname ?? creationSchema(context), range.relname));
      return found(relationResource(context, relation), relation);
    }
    case 'function':
      return found(functionNamed(context, node, mayBeMissing));
    case 'type':
    case 'qualified': {
      const names = namesOf(node);
      return found(resource(kind.resource, names.at(-2) ?? creationSchema(context), names.at(-1) ?? ''));
    }
    case 'of_method': {
      const names = namesOf(node).slice(1);
      return found(resource(kind.resource, names.at(-2) ?? creationSchema(context), names.at(-1) ?? ''));
    }
    case 'pair':
      return found(resource(kind.resource, ...namesOf(node).filter((name) => name !== 'pg_catalog')));
    case 'plain':
      return found(resource(kind.resource, namesOf(node).at(-1) ?? ''));
  }
}

/** `OBJECT_TSDICTIONARY` as people read it. */
function objectName(objectType: string): string {
  return objectType
    .replace(/^OBJECT_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

function existing(context: Context, range: RangeVar, mayBeMissing: boolean): Relation | null {
  try {
    return findRelation(context, range);
  } catch (thrown) {
    if (mayBeMissing && thrown instanceof CountersignError && thrown.code === 'unknown_object') return null;
    throw thrown;
  }
}

/** A relation as a resource: an index is its table, a sequence one of its own kind. */
export function relationResource(context: Context, relation: Relation): Resource {
  if (relation.kind === 'S') return resource('sequence', relation.schema, relation.name);
  if (relation.kind === 'c') return resource('type', relation.schema, relation.name);
  const table =
    relation.belongsTo === null ? undefined : context.catalog.relationsByOid.get(relation.belongsTo);
  return tableResource(table ?? relation);
}

/** The names in any of the forms in which the grammar writes them. */
export function namesOf(node: Node): string[] {
  switch (kindOf(node)) {
    case 'String':
      return [stringOf(node)];
    case 'List':
      return (asKind<{ items?: readonly Node[] }>(node, 'List')?.items ?? []).flatMap(namesOf);
    case 'TypeName':
      return stringsOf(asKind<TypeName>(node, 'TypeName')?.names);
    case 'ObjectWithArgs':
      return stringsOf(asKind<{ objname?: readonly Node[] }>(node, 'ObjectWithArgs')?.objname);
    case 'RangeVar': {
      const range = asKind<RangeVar>(node, 'RangeVar');
      return [range?.schemaname, range?.relname].filter((name) => name !== undefined);
    }
    default:
      return [];
  }
}

export function rangeOf(names: readonly string[]): RangeVar {
  const [relname = '', schemaname, catalogname] = [...names].reverse();
  return {
    relname,
    ...(schemaname === undefined ? {} : { schemaname }),
    ...(catalogname === undefined ? {} : { catalogname }),
  };
}

/** The schema in which an object without one is made: the first on the search path that is not the server's. */
export function creationSchema(context: Context): string {
  const schema = context.searchPath.find((name) => !name.startsWith('pg_'));
  if (schema === undefined) throw unknownObject('schema', 'to create in');
  return schema;
}

/** The resource of a relation that is going to be made. Temporary ones belong to a session. */
export function newRelation(context: Context, range: RangeVar, kind = 'table'): Resource {
  if (range.relpersistence === 't' || range.schemaname?.startsWith('pg_temp') === true)
    throw new CountersignError('needs_native_session', { what: 'a temporary object' });
  const schema = range.schemaname ?? creationSchema(context);
  if (!context.catalog.schemas.has(schema)) throw unknownObject('schema', displayName(schema));
  context.reliedOn.name('pg_class', range.relname);
  return resource(kind, schema, range.relname);
}

/** A function by its name and, where they are given, the types of its arguments. */
function functionNamed(context: Context, node: Node, mayBeMissing: boolean): Resource {
  const fields = asKind<{ objargs?: readonly Node[]; args_unspecified?: boolean }>(node, 'ObjectWithArgs');
  const names = namesOf(node);
  const name = names.at(-1) ?? '';
  const schema = names.at(-2) ?? null;
  const schemas = schema === null ? context.searchPath : [schema];
  context.reliedOn.name('pg_proc', name);
  const count = fields?.args_unspecified === true ? null : (fields?.objargs ?? []).length;
  const candidates = (context.catalog.functions.get(name) ?? []).filter(
    (one) => schemas.includes(one.schema) && (count === null || one.arguments.length === count),
  );
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return functionResource(only);
  if (candidates.length === 0 && !mayBeMissing && builtinFunctions(name, context.catalog.major).length === 0)
    throw unknownObject('function', displayName(schema, name));
  return resource('function', schema ?? only?.schema ?? creationSchema(context), name);
}
