/** Function calls: which functions a name may mean, and what calling them does. */
import { CountersignError } from '@countersign/core';
import { type FuncCall, type Node, stringsOf, type WindowDef } from '../ast/nodes.ts';
import { isBuiltIn } from '../catalog/catalog.ts';
import { acceptsArguments, type BuiltinFunction, builtinFunctions } from '../functions/builtins.ts';
import {
  castsToText,
  fillsRow,
  harmOf,
  isSecretSetting,
  isSessionFunction,
  readsValue,
} from '../functions/harm.ts';
import { isTotalArgument } from '../functions/total.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import { compare } from './comparisons.ts';
import { type Context, displayName, unknownObject } from './context.ts';
import { analyseExpressions, condition } from './expression.ts';
import { resultOf } from './function-result.ts';
import { harmResource, namesOwnType } from './harm-resource.ts';
import { readsCasts, toJson } from './json-casts.ts';
import { argumentTypes, type Candidates, meantFunctions } from './overloads.ts';
import type { Scope } from './scope.ts';
import {
  callUser,
  checkInput,
  convert,
  convertImplicitly,
  functionResource,
  isTypeName,
  typeOf,
} from './types.ts';
import { derivedFrom, type NamedValue, unproven, type Value } from './value.ts';

export function call(context: Context, scope: Scope, fn: FuncCall): Value {
  return callColumns(context, scope, fn).value;
}

/** A call, with its columns where it returns a row: null for a plain value, `unknown` where it can't be told. */
export interface CallValue {
  readonly value: Value;
  readonly columns: readonly NamedValue[] | null | 'unknown';
}

export function callColumns(context: Context, scope: Scope, fn: FuncCall): CallValue {
  const args = analyseExpressions(context, scope, fn.args);
  const ordered = analyseExpressions(context, scope, fn.agg_order);
  context.use('sort', ...ordered);
  if (fn.agg_filter !== undefined) context.use('filter', condition(context, scope, fn.agg_filter));
  if (fn.agg_distinct === true) context.use('distinct', ...args);
  const decided = windowValues(context, scope, fn.over);
  return callOf(context, fn, { args, ordered, decided });
}

/** `row.name` for `name(row)`; null where no function of that name takes a row of that type. */
export function callOnRow(context: Context, name: string, type: string, row: () => Value): Value | null {
  const { builtin, user } = findFunctions(context, [name], 1);
  const facts = typeFacts(context.catalog);
  const takes = (one: Parameters<typeof argumentTypes>[1]) =>
    argumentTypes(context, one, 1).some((declared) => facts.coerces(type, declared));
  if (![...builtin, ...user].some(takes)) return null;
  const fn: FuncCall = { funcname: [{ String: { sval: name } }] };
  return callOf(context, fn, { args: [row()], ordered: [], decided: [] }).value;
}

/** What a call is given: its arguments, what they are sorted by, and what decides its window. */
interface Given {
  readonly args: readonly Value[];
  readonly ordered: readonly Value[];
  readonly decided: readonly Value[];
}

function callOf(context: Context, fn: FuncCall, { args, ordered, decided }: Given): CallValue {
  // The arguments of WITHIN GROUP are arguments of the function.
  const count = args.length + (fn.agg_within_group === true ? ordered.length : 0);
  const names = stringsOf(fn.funcname);
  const candidates = findFunctions(context, names, count);
  const values = [...args, ...ordered, ...decided];
  if (candidates.builtin.length === 0 && candidates.user.length === 0)
    return { value: projectionOrCast(context, names, args), columns: null };
  const inputs = fn.agg_within_group === true ? [...args, ...ordered] : args;
  const meant = meantFunctions(context, candidates, inputs, fn);
  const all = [...meant.builtin, ...meant.user];
  if (all.some((one) => one.kind === 'a')) context.use('aggregate', ...args);
  // A set is a row for each of its members, however many that are.
  if (all.some((one) => one.returnsSet)) context.use('filter', ...args);
  const known = meant.builtin.map((one) => callBuiltin(context, one, fn));
  if (meant.builtin.some(fillsRow)) known.push(readFields(context, meant, args[0]));
  if (meant.builtin.some(readsCasts)) known.push(toJson(context, args));
  known.push(convertImplicitly(context, inputs, meant.resolved));
  if (meant.builtin.some(castsToText))
    known.push(args.map((arg) => convert(context, arg, typeIds.text)).every(Boolean));
  // A type of that name is meant where no function takes the argument as it is: `told('x')`.
  if (args.length === 1 && meant.builtin.length > 0) known.push(asUsersType(context, names, args[0]));
  const isConstant = inputs.every((input) => input.sources.size === 0);
  for (const one of meant.user) {
    const harmless = callUser(context, one);
    known.push(harmless);
    if (isConstant && !harmless) context.constantCalls.add('execute', functionResource(one));
  }
  if (meant.builtin.some(isPolymorphic)) compare(context, inputs);
  // An aggregate uses its arguments already.
  if (all.some((one) => one.kind !== 'a'))
    context.compute(
      ...args.filter(
        (_, at) => meant.user.length > 0 || !isTotalArgument(names.at(-1) ?? '', at, args.length),
      ),
    );
  const result = resultOf(context, meant, inputs);
  const computed = derivedFrom(values, result.kind === 'unknown' ? null : result.type);
  const value = known.includes(false) ? unproven(computed) : computed;
  if (result.kind !== 'row') return { value, columns: result.kind === 'unknown' ? 'unknown' : null };
  const columns = result.columns.map(({ name, type }) => ({ name, value: { ...value, type } }));
  return { value: { ...value, row: columns }, columns };
}

/** Whether it takes values of any type, and so may compare them. */
const isPolymorphic = (fn: BuiltinFunction): boolean =>
  fn.arguments.some((type) => type.startsWith('any') || type.startsWith('record') || type === '"any"');

/** @returns Whether no user's type has the name of the function. */
function asUsersType(context: Context, names: readonly string[], value: Value | undefined): boolean {
  const { typesByName } = context.catalog;
  const users = (typesByName.get(names.at(-1) ?? '') ?? []).filter(({ oid }) => !isBuiltIn(oid));
  if (users.length === 0) return true;
  return users.map(({ oid }) => convert(context, value ?? null, oid)).every(Boolean);
}

/** What reading each field of a row as of its type brings about. @returns Whether only the server's own functions are called. */
function readFields(context: Context, { builtin }: Candidates, row: Value | undefined): boolean {
  const types = row?.row?.map(({ value }) => value.type) ?? [row?.type ?? null];
  if (!types.includes(null)) return types.map((type) => checkInput(context, type)).every(Boolean);
  for (const fn of builtin) context.execute('execute', functionResource(fn));
  return false;
}

/** Every function of that name which the search path reaches and which takes so many arguments. */
export function findFunctions(context: Context, names: readonly string[], count: number): Candidates {
  const name = names.at(-1) ?? '';
  const schema = names.at(-2) ?? null;
  if (schema !== null && !context.catalog.schemas.has(schema))
    throw unknownObject('schema', displayName(schema));
  const schemas = schema === null ? context.searchPath : [schema];
  context.reliedOn.name('pg_proc', name);
  return {
    builtin: schemas.includes('pg_catalog')
      ? builtinFunctions(name, context.catalog.major).filter((one) => acceptsArguments(one, count))
      : schema === 'information_schema'
        ? builtinFunctions(`${schema}.${name}`, context.catalog.major)
        : [],
    user: (context.catalog.functions.get(name) ?? []).filter(
      (one) => schemas.includes(one.schema) && acceptsArguments(one, count),
    ),
  };
}

/** @returns Whether its value comes from its arguments alone. */
function callBuiltin(context: Context, fn: BuiltinFunction, { args = [] }: FuncCall): boolean {
  if (isSessionFunction(fn.name))
    throw new CountersignError('needs_native_session', { what: `the function ${fn.name}` });
  const harm = harmOf(fn);
  if (harm === null || (readsValue(fn) && namesOwnType(context, args[1]))) return true;
  const on = harmResource(context, harm.resource, args[0]);
  if (on === null) {
    // A setting that is not named may be any.
    const named = harm.action === 'secret' || harm.action === 'admin' ? harm.action : 'execute';
    const action = harm.resource === 'setting' && harm.action === 'read' ? 'secret' : named;
    context.execute(action, functionResource(fn));
    return false;
  }
  if (harm.resource === 'setting' && isSecretSetting(decodeURIComponent(on.slice('setting:'.length)))) {
    context.execute('secret', on);
    return false;
  }
  if (harm.action === 'read' || harm.action === 'write') {
    context.effects.add(harm.action, on);
    return true;
  }
  context.execute(harm.action, on);
  return false;
}

/** `name(row)` may mean `row.name`, and `type(value)` a cast. */
function projectionOrCast(context: Context, names: readonly string[], args: readonly Value[]): Value {
  const name = names.at(-1) ?? '';
  const schema = names.at(-2) ?? null;
  const [only] = args;
  if (args.length === 1 && only !== undefined) {
    const field = schema === null ? only.row?.find((column) => column.name === name) : undefined;
    if (field !== undefined) return field.value;
    if (isTypeName(context, schema, name)) {
      const type = typeOf(context, { names: names.map((sval) => ({ String: { sval } })) });
      const value = derivedFrom(args, type);
      return convert(context, only, type) ? value : unproven(value);
    }
  }
  const shown = displayName(schema, name);
  throw unknownObject('function', `${shown} with ${args.length} argument${args.length === 1 ? '' : 's'}`);
}

/** What PARTITION BY and ORDER BY of a window decide, the window's rows, and so its values. */
function windowValues(context: Context, scope: Scope, over: WindowDef | undefined): Value[] {
  return over === undefined ? [] : analyseWindow(context, scope, over);
}

export function analyseWindow(context: Context, scope: Scope, window: WindowDef): Value[] {
  const partition = analyseExpressions(context, scope, window.partitionClause);
  const order = analyseExpressions(context, scope, window.orderClause);
  const offsets = [window.startOffset, window.endOffset].filter((node): node is Node => node !== undefined);
  context.use('group', ...partition);
  context.use('sort', ...order);
  context.use('filter', ...analyseExpressions(context, scope, offsets));
  const named = [window.name, window.refname].flatMap((name) => scope.windows.get(name ?? '') ?? []);
  return [...named, ...partition, ...order];
}
