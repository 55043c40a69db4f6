/** Types as a statement names them, and what converting to one of them brings about. */
import { resource } from '@countersign/core';
import { stringsOf, type TypeName } from '../ast/nodes.ts';
import { isBuiltIn, type TypeInfo, type UserCast } from '../catalog/catalog.ts';
import { isBuiltinType } from '../functions/builtins.ts';
import { typeFacts, typeIds, writtenNames } from '../resolution/type-facts.ts';
import { type Context, displayName, notSupported, unknownObject } from './context.ts';
import { storedExpression } from './stored.ts';
import type { NamedValue, Value } from './value.ts';

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
  const facts = typeFacts(context.catalog);
  const oid = facts.written(written);
  return oid === null || facts.isPseudo(oid) ? null : oid;
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
 * @param value Null where it may be of any type.
 * @returns Whether only the server's own functions are called.
 */
export function convert(context: Context, value: Value | null, target: string | null): boolean {
  const from = value?.type ?? null;
  if (from !== null && from === target) return true;
  const casts = new Set<UserCast>();
  reachCasts(context, { type: from, row: value?.row }, target, casts, new Set());
  const called = [...casts].map((cast) => callCast(context, cast));
  return checkInput(context, target) && !called.includes(true);
}

interface From {
  readonly type: string | null;
  readonly row: readonly NamedValue[] | undefined;
}

/** The users' casts that a conversion makes: of the value itself, of its elements, of its fields. */
function reachCasts(
  context: Context,
  { type: from, row }: From,
  to: string | null,
  casts: Set<UserCast>,
  seen: Set<string>,
): void {
  const key = `${from} ${to}`;
  if (from === typeIds.unknown || (from !== null && from === to) || seen.has(key)) return;
  seen.add(key);
  const facts = typeFacts(context.catalog);
  const target = to === null ? null : facts.base(to);
  const source = from === null ? null : facts.base(from);
  const found = context.catalog.casts.filter(
    (cast) =>
      (target === null || cast.target === target) &&
      (from === null || cast.source === from || cast.source === source),
  );
  for (const cast of found) casts.add(cast);
  if (target === null || (from !== null && found.length > 0)) return;
  const element = facts.element(target);
  const inner = source === null ? null : facts.element(source);
  if (element !== null && (source === null || inner !== null))
    reachCasts(context, { type: inner, row: undefined }, element, casts, seen);
  const relation = facts.info(target)?.relation ?? null;
  const fields = relation === null ? undefined : context.catalog.relationsByOid.get(relation)?.columns;
  for (const [i, field] of (fields ?? []).entries()) {
    const given = row?.[i]?.value;
    reachCasts(context, { type: given?.type ?? null, row: given?.row }, field.type, casts, seen);
  }
}

/** @returns Whether a user's function is called. */
export function callCast(context: Context, cast: UserCast): boolean {
  const fn = cast.function === null ? undefined : context.catalog.functionsByOid.get(cast.function);
  if (fn === undefined) return false;
  context.execute('execute', functionResource(fn), 'cast');
  return true;
}

/**
 * Values may be converted without a cast being written, where a user made an implicit cast from their type.
 *
 * @param targets The types they are taken as, where those are known.
 * @returns Whether only the server's own functions are called.
 */
export function convertImplicitly(
  context: Context,
  values: readonly Value[],
  targets: readonly string[] | null = null,
): boolean {
  let known = true;
  const facts = typeFacts(context.catalog);
  const sources = values.map(({ type }) => (type === null ? null : facts.base(type)));
  for (const cast of context.catalog.casts) {
    if (!cast.implicit || cast.function === null) continue;
    const used = sources.some(
      (source, i) =>
        (source === null || source === cast.source || values[i]?.type === cast.source) &&
        (targets?.[i] === undefined ||
          facts.polymorphic(targets[i]) !== null ||
          facts.base(targets[i]) === cast.target),
    );
    if (used && callCast(context, cast)) known = false;
  }
  return known;
}

/** What reading a value of a type brings about: of a domain, its base; of an array, its elements; of a row, its columns. */
export function checkInput(context: Context, oid: string | null): boolean {
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
