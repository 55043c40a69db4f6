/** What a function returns: a plain value, or a row of columns. In FROM a row's columns stand side by side. */
import type { UserFunction } from '../catalog/catalog.ts';
import type { BuiltinFunction } from '../functions/builtins.ts';
import type { Candidates } from './call.ts';
import type { Context } from './context.ts';
import { arrayOf, builtinTypeByWrittenName } from './types.ts';
import { unknownType, type Value } from './value.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: string | null;
}

export type FunctionResult =
  | { readonly kind: 'plain'; readonly type: string | null }
  | { readonly kind: 'row'; readonly type: string | null; readonly columns: readonly ResultColumn[] }
  /** It may be either, or any row. */
  | { readonly kind: 'unknown' };

const unknown: FunctionResult = { kind: 'unknown' };

/** What the candidates return, where they agree. */
export function resultOf(context: Context, candidates: Candidates, args: readonly Value[]): FunctionResult {
  const meant = mayBeMeant(context, candidates, args);
  const results = meant.map((one) => resultOfOne(context, one, args));
  const [first, ...others] = results;
  if (first === undefined || first.kind === 'unknown') return unknown;
  if (first.kind === 'row') {
    const columns = (row: FunctionResult) =>
      row.kind === 'row' ? row.columns.map((column) => JSON.stringify(column.name)).join() : '';
    return others.every((other) => columns(other) === columns(first)) ? first : unknown;
  }
  if (others.some((other) => other.kind !== 'plain')) return unknown;
  const same = others.every((other) => other.kind === 'plain' && other.type === first.type);
  return same ? first : { kind: 'plain', type: null };
}

type AnyFunction = BuiltinFunction | UserFunction;

/** One that takes exactly these types is meant; one that can't take them is not. */
function mayBeMeant(context: Context, { builtin, user }: Candidates, args: readonly Value[]): AnyFunction[] {
  const possible = builtin.filter((one) =>
    one.arguments.every((declared, i) => accepts(context, declared, args[i]?.type ?? null)),
  );
  if (user.length > 0) return [...possible, ...user];
  const exact = possible.find(
    (one) =>
      one.arguments.length === args.length &&
      one.arguments.every((declared, i) => {
        const type = args[i]?.type ?? null;
        return type !== null && builtinTypeByWrittenName(context, declared) === type;
      }),
  );
  return exact === undefined ? possible : [exact];
}

/** Whether an argument takes a type, as far as arrays, ranges and enums are told apart from the rest. */
function accepts(context: Context, declared: string, type: string | null): boolean {
  // A quoted constant tells nothing of what array, range or enum it would be.
  if (type === unknownType) return !/^any(?:compatible)?(?:array|range|multirange|enum)$/.test(declared);
  const info = type === null ? undefined : context.catalog.types.get(type);
  if (info === undefined || info.kind === 'p' || info.kind === 'd') return true;
  switch (declared) {
    case 'anyarray':
    case 'anycompatiblearray':
      return info.element !== null;
    case 'anynonarray':
    case 'anycompatiblenonarray':
      return info.element === null;
    case 'anyrange':
    case 'anycompatiblerange':
      return info.kind === 'r';
    case 'anymultirange':
    case 'anycompatiblemultirange':
      return info.kind === 'm';
    case 'anyenum':
      return info.kind === 'e';
    default:
      // No array turns into something else unasked.
      return (
        info.element === null || declared.startsWith('any') || /\[\]$|^(?:oid|int2)vector$/.test(declared)
      );
  }
}

function resultOfOne(context: Context, fn: AnyFunction, args: readonly Value[]): FunctionResult {
  const builtin = 'majors' in fn;
  const type = builtin ? builtinTypeByWrittenName(context, fn.returns) : fn.returns;
  if (fn.outputs.length > 1 || (fn.outputs.length === 1 && fn.outputs[0] !== '')) {
    const columns = fn.outputs.map((name, i) => ({
      name: name === '' ? `column${i + 1}` : name,
      type: null,
    }));
    return { kind: 'row', type: null, columns };
  }
  if (fn.arguments.some((declared, i) => isElement(declared) && args[i]?.row !== undefined)) {
    const row = args.find((arg) => arg.row !== undefined)?.row ?? [];
    return isPolymorphic(fn.returns)
      ? { kind: 'row', type: null, columns: row.map(({ name, value }) => ({ name, type: value.type })) }
      : ofType(context, type);
  }
  if (builtin && fn.returns === 'record') return unknown;
  if (builtin && isPolymorphic(fn.returns)) {
    const resolved = polymorphic(context, fn, args);
    return resolved === null ? unknown : ofType(context, resolved);
  }
  return ofType(context, type);
}

/** A value of a known type: composite ones are rows. */
function ofType(context: Context, oid: string | null): FunctionResult {
  if (oid === null) return { kind: 'plain', type: null };
  const type = context.catalog.types.get(oid);
  if (type === undefined) return unknown;
  if (type.kind === 'd') {
    const base = ofType(context, type.base);
    return base.kind === 'plain' ? { kind: 'plain', type: oid } : unknown;
  }
  if (type.kind === 'p' && (type.name === 'record' || isPolymorphic(type.name))) return unknown;
  if (type.relation === null) return { kind: 'plain', type: oid };
  const relation = context.catalog.relationsByOid.get(type.relation);
  if (relation === undefined) return unknown;
  context.reliedOn.relation(relation);
  return { kind: 'row', type: oid, columns: relation.columns };
}

const isPolymorphic = (name: string): boolean => name.startsWith('any') && name !== 'any';
const isArray = (name: string): boolean => name === 'anyarray' || name === 'anycompatiblearray';
const isElement = (name: string): boolean =>
  ['anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray', 'anyenum'].includes(name);

/** The type a polymorphic function returns for arguments of known types. */
function polymorphic(context: Context, fn: AnyFunction, args: readonly Value[]): string | null {
  for (const [i, declared] of fn.arguments.entries()) {
    const type = args[i]?.type ?? null;
    if (type === null || context.catalog.types.get(type)?.kind === 'p') continue;
    const element = isArray(declared)
      ? (context.catalog.types.get(type)?.element ?? null)
      : isElement(declared)
        ? type
        : null;
    if (element === null) continue;
    return isArray(fn.returns) ? arrayOf(context, element) : element;
  }
  return null;
}
