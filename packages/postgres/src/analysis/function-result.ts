/** What a function returns: a plain value, or a row of columns. In FROM a row's columns stand side by side. */
import type { UserFunction } from '../catalog/catalog.ts';
import type { BuiltinFunction } from '../functions/builtins.ts';
import { resultType } from '../resolution/polymorphic.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import type { Context } from './context.ts';
import { argumentTypes, type Meant } from './overloads.ts';
import type { Value } from './value.ts';

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

/** What the functions that may be meant return, where they agree. */
export function resultOf(context: Context, meant: Meant, args: readonly Value[]): FunctionResult {
  const { builtin, user } = meant;
  const all: AnyFunction[] = [...builtin, ...user];
  const possible = meant.resolved
    ? all
    : all.filter((one) => 'oid' in one || possibleArguments(context, one, args));
  const results = possible.map((one) => resultOfOne(context, one, args));
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

/** Whether a function can take what is known of the arguments. */
function possibleArguments(context: Context, fn: AnyFunction, args: readonly Value[]): boolean {
  const facts = typeFacts(context.catalog);
  const declared = argumentTypes(context, fn, args.length);
  return declared.every((type, i) => {
    const actual = args[i]?.type ?? null;
    return actual === null || facts.coerces(actual, type);
  });
}

function resultOfOne(context: Context, fn: AnyFunction, args: readonly Value[]): FunctionResult {
  const facts = typeFacts(context.catalog);
  const declared = argumentTypes(context, fn, args.length);
  const types = args.map((arg) => arg.type ?? typeIds.unknown);
  const resolve = (type: string | null) => (type === null ? null : resultType(facts, type, declared, types));
  const outputTypes = 'oid' in fn ? fn.outputTypes : fn.outputTypes.map((type) => facts.written(type));
  if (fn.outputs.length > 1 || (fn.outputs.length === 1 && fn.outputs[0] !== '')) {
    const columns = fn.outputs.map((name, i) => ({
      name: name === '' ? `column${i + 1}` : name,
      type: resolve(outputTypes[i] ?? null),
    }));
    return { kind: 'row', type: null, columns };
  }
  const returns = 'oid' in fn ? fn.returns : facts.written(fn.returns);
  const polymorphic = returns === null ? null : facts.polymorphic(returns);
  const row = args.find(
    (arg, i) => arg.row !== undefined && isElement(facts.polymorphic(declared[i] ?? '')),
  )?.row;
  if (row !== undefined && polymorphic !== null && !polymorphic.endsWith('array'))
    return { kind: 'row', type: null, columns: row.map(({ name, value }) => ({ name, type: value.type })) };
  if (returns === typeIds.record) return unknown;
  const type = resolve(returns);
  if (type === null) return polymorphic === null ? { kind: 'plain', type: null } : unknown;
  return ofType(context, type);
}

const isElement = (pseudo: string | null): boolean =>
  pseudo !== null && !/(?:array|range|multirange)$/.test(pseudo);

/** A value of a known type: composite ones are rows. */
function ofType(context: Context, oid: string): FunctionResult {
  const type = context.catalog.types.get(oid);
  if (type === undefined || oid === typeIds.record) return unknown;
  if (type.kind === 'd') {
    const base = type.base === null ? unknown : ofType(context, type.base);
    return base.kind === 'plain' ? { kind: 'plain', type: oid } : unknown;
  }
  if (type.kind === 'p' && type.name.startsWith('any')) return unknown;
  if (type.relation === null) return { kind: 'plain', type: oid };
  const relation = context.catalog.relationsByOid.get(type.relation);
  if (relation === undefined) return unknown;
  context.reliedOn.relation(relation);
  return { kind: 'row', type: oid, columns: relation.columns };
}
