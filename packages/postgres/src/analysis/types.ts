/** Types as a statement names them, and what converting to one of them brings about. */
import { resource } from '@countersign/core';
import { stringsOf, type TypeName } from '../ast/nodes.ts';
import { isBuiltIn, type TypeInfo, type UserCast, type UserFunction } from '../catalog/catalog.ts';
import { isBuiltinType } from '../functions/builtins.ts';
import { actionOf } from '../functions/extensions.ts';
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

/**
 * A value stands where one of a type of the server's own has to stand, a condition or a number of rows: a user's cast may
 * make it one.
 */
export function takenAs(context: Context, value: Value, type: string): Value {
  if (value.type === type || value.type === typeIds.unknown) return value;
  return convert(context, value, type) ? value : { ...value, proven: false };
}

/** @returns Whether a user's function is called that is not known to be harmless. */
export function callCast(context: Context, cast: UserCast): boolean {
  const fn = cast.function === null ? undefined : context.catalog.functionsByOid.get(cast.function);
  return fn !== undefined && !callUser(context, fn, 'cast');
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
  const casts = new Set<UserCast>();
  const facts = typeFacts(context.catalog);
  for (const [i, { type, row }] of values.entries()) {
    const target = targets?.[i];
    const pseudo = target === undefined ? null : facts.polymorphic(target);
    // What the types of the arguments have in common is not looked into: it may be any.
    if (target === undefined || pseudo?.startsWith('anycompatible') === true)
      for (const cast of castsFrom(context, type)) casts.add(cast);
    else if (!facts.isPseudo(target)) reachCasts(context, { type, row }, target, casts, new Set());
  }
  const called = [...casts].filter((cast) => cast.implicit).map((cast) => callCast(context, cast));
  return !called.includes(true);
}

/** The users' casts from a type, or from that of the elements of an array; all where the type is not known. */
function castsFrom(context: Context, type: string | null): readonly UserCast[] {
  const { casts } = context.catalog;
  if (type === null) return casts;
  const facts = typeFacts(context.catalog);
  const sources = [type, facts.base(type), facts.element(type)];
  return casts.filter(({ source }) => sources.includes(source));
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
    if (type.kind === 'd') context.reliedOn.name('pg_constraint', type.oid);
    const relation = type.relation === null ? undefined : context.catalog.relationsByOid.get(type.relation);
    if (relation !== undefined && !relation.system) {
      context.reliedOn.relation(relation);
      open.push(...relation.columns.map((column) => column.type));
    }
    known &&= readAs(context, type);
    for (const check of type.checks)
      context.includeEffects(
        storedExpression(context, null, check, type.base),
        `type ${displayName(type.schema, type.name)}`,
      );
  }
  return known;
}

/** @returns Whether the type's input function is known to be harmless. */
function readAs(context: Context, type: TypeInfo): boolean {
  if (type.input === null) return true;
  const input = context.catalog.functionsByOid.get(type.input);
  const via = `type ${displayName(type.schema, type.name)}`;
  if (input !== undefined) return callUser(context, input, via);
  context.execute('execute', resource('function', type.schema, type.name), via);
  return false;
}

function typeById(context: Context, oid: string | null): TypeInfo | null {
  return oid === null ? null : (context.catalog.types.get(oid) ?? null);
}

/**
 * A function that a user made is called.
 *
 * @returns Whether it is an extension's that is known to be harmless.
 */
export function callUser(context: Context, fn: UserFunction, via?: string): boolean {
  context.reliedOn.name('pg_proc', fn.name);
  const action = actionOf(fn);
  if (action !== null) context.execute(action, functionResource(fn), via);
  return action === null;
}

export function functionResource(fn: {
  readonly schema?: string;
  readonly name: string;
  readonly arguments: readonly string[];
}) {
  return resource('function', fn.schema ?? 'pg_catalog', `${fn.name}(${fn.arguments.join(',')})`);
}
