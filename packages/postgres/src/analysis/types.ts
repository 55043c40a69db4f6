/** Types as a statement names them, and what converting to one of them brings about. */
import { resource } from '@countersign/core';
import { stringsOf, type TypeName } from '../ast/nodes.ts';
import { isBuiltIn, type TypeInfo } from '../catalog/catalog.ts';
import { isBuiltinType } from '../functions/builtins.ts';
import { type Context, displayName, notSupported, unknownObject } from './context.ts';
import { storedExpression } from './stored.ts';
import type { Value } from './value.ts';

/** The names that the server writes for its own types, where they differ from those of the catalog. */
const writtenNames: ReadonlyMap<string, string> = new Map([
  ['integer', 'int4'],
  ['bigint', 'int8'],
  ['smallint', 'int2'],
  ['double precision', 'float8'],
  ['real', 'float4'],
  ['boolean', 'bool'],
  ['character varying', 'varchar'],
  ['character', 'bpchar'],
  ['timestamp with time zone', 'timestamptz'],
  ['timestamp without time zone', 'timestamp'],
  ['time with time zone', 'timetz'],
  ['time without time zone', 'time'],
  ['bit varying', 'varbit'],
]);

const namesWritten: ReadonlyMap<string, string> = new Map(
  [...writtenNames].map(([written, name]) => [name, written]),
);

/** A type as the server writes it among a function's arguments: `integer`, `text[]`, `public.mood`. */
export function writtenName(type: TypeName): string {
  const names = stringsOf(type.names);
  const name = names.at(-1) ?? '';
  const isArray = (type.arrayBounds?.length ?? 0) > 0;
  const known = names[0] === 'pg_catalog' || names.length === 1;
  return (known ? (namesWritten.get(name) ?? name) : names.join('.')) + (isArray ? '[]' : '');
}

/** The id of one of the server's own types, by the name it writes; null for one it takes from the arguments. */
export function builtinTypeByWrittenName(context: Context, written: string): string | null {
  if (written.endsWith('[]'))
    return arrayOf(context, builtinTypeByWrittenName(context, written.slice(0, -2)));
  const name = writtenNames.get(written) ?? written;
  const type = context.catalog.typesByName.get(name)?.find((one) => one.schema === 'pg_catalog');
  return type === undefined || type.kind === 'p' ? null : type.oid;
}

/** The type a name means; its id, or null for the row type of one of the server's own relations. */
export function typeOf(context: Context, type: TypeName): string | null {
  if (type.pct_type === true) throw notSupported('%TYPE');
  const names = stringsOf(type.names);
  const name = names.at(-1) ?? '';
  const schema = names.at(-2) ?? null;
  const found = findType(context, schema, name);
  if (found === null) {
    const schemas = schema === null ? context.searchPath : [schema];
    if (schemas.some((one) => context.catalog.relations.get(name)?.has(one) === true)) return null;
    throw unknownObject('type', displayName(schema, name));
  }
  const isArray = (type.arrayBounds?.length ?? 0) > 0;
  return isArray ? arrayOf(context, found.oid) : found.oid;
}

function findType(context: Context, schema: string | null, name: string): TypeInfo | null {
  if (!isBuiltinType(name) || (schema !== null && schema !== 'pg_catalog'))
    context.reliedOn.name('pg_type', name);
  const same = context.catalog.typesByName.get(name) ?? [];
  for (const one of schema === null ? context.searchPath : [schema]) {
    const found = same.find((type) => type.schema === one);
    if (found !== undefined) return found;
  }
  return null;
}

/** Whether a bare name is a type's: `date('2024-01-01')` is a cast where no such function is found. */
export function isTypeName(context: Context, schema: string | null, name: string): boolean {
  return findType(context, schema, name) !== null;
}

/** The array type of an element type; null where it is not known. */
export function arrayOf(context: Context, element: string | null): string | null {
  return element === null ? null : (context.catalog.arrays.get(element) ?? null);
}

/**
 * Converting a value to a type may call its input function, a cast's function, the checks of a domain.
 *
 * @returns Whether only the server's own functions are called.
 */
export function convert(context: Context, value: Value | null, target: string | null): boolean {
  let known = true;
  const { catalog } = context;
  for (const cast of catalog.casts) {
    if (cast.function === null || (target !== null && cast.target !== target)) continue;
    if (value !== null && value.type !== null && value.type !== cast.source) continue;
    const fn = catalog.functionsByOid.get(cast.function);
    if (fn === undefined) continue;
    known = false;
    context.execute('execute', functionResource(fn), 'cast');
  }
  return checkInput(context, target) && known;
}

/**
 * Values may be converted without a cast being written, where a user made an implicit cast from their type.
 *
 * @returns Whether only the server's own functions are called.
 */
export function convertImplicitly(context: Context, values: readonly Value[]): boolean {
  let known = true;
  for (const cast of context.catalog.casts) {
    if (!cast.implicit || cast.function === null) continue;
    if (!values.some((value) => value.type === null || value.type === cast.source)) continue;
    const fn = context.catalog.functionsByOid.get(cast.function);
    if (fn === undefined) continue;
    known = false;
    context.execute('execute', functionResource(fn), 'cast');
  }
  return known;
}

/** What reading a value of a type brings about: of a domain, its base; of an array, its elements; of a row, its columns. */
function checkInput(context: Context, oid: string | null): boolean {
  let known = true;
  const open = [oid];
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const type = typeById(context, next);
    if (type === null || seen.has(type.oid)) continue;
    seen.add(type.oid);
    open.push(type.base, type.element);
    if (!isBuiltIn(type.oid)) context.reliedOn.name('pg_type', type.name);
    const relation = type.relation === null ? undefined : context.catalog.relationsByOid.get(type.relation);
    if (relation !== undefined && !relation.system) {
      context.reliedOn.relation(relation);
      open.push(...relation.columns.map((column) => column.type));
    }
    const input = type.input === null ? undefined : context.catalog.functionsByOid.get(type.input);
    known &&= type.input === null;
    if (type.input !== null)
      context.execute(
        'execute',
        input === undefined ? resource('function', type.schema, type.name) : functionResource(input),
        `type ${displayName(type.schema, type.name)}`,
      );
    for (const check of type.checks)
      context.includeEffects(
        storedExpression(context, null, check),
        `type ${displayName(type.schema, type.name)}`,
      );
  }
  return known;
}

function typeById(context: Context, oid: string | null): TypeInfo | null {
  return oid === null ? null : (context.catalog.types.get(oid) ?? null);
}

export function functionResource(fn: {
  readonly schema?: string;
  readonly name: string;
  readonly arguments: readonly string[];
}) {
  return resource('function', fn.schema ?? 'pg_catalog', `${fn.name}(${fn.arguments.join(',')})`);
}
