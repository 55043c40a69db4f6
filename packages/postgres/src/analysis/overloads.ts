/** Which of the functions of one name a call means, as far as the types of its arguments tell. */
import { asKind, type FuncCall } from '../ast/nodes.ts';
import type { UserFunction } from '../catalog/catalog.ts';
import type { BuiltinFunction } from '../functions/builtins.ts';
import { type Candidate, choose } from '../resolution/candidates.ts';
import { typeFacts } from '../resolution/type-facts.ts';
import type { Context } from './context.ts';
import type { Value } from './value.ts';

/** The functions a name may mean. */
export interface Candidates {
  readonly builtin: readonly BuiltinFunction[];
  readonly user: readonly UserFunction[];
}

export interface Meant extends Candidates {
  /** The declared types of the arguments, where one function is meant and no other. */
  readonly resolved: readonly string[] | null;
}

type AnyFunction = BuiltinFunction | UserFunction;

/** An id no type has: what is declared as that fits nothing. */
const none = '';

/** The declared types of a function for so many arguments: variadic ones repeated, defaults that are left out gone. */
export function argumentTypes(context: Context, fn: AnyFunction, count: number): readonly string[] {
  const facts = typeFacts(context.catalog);
  const all = 'oid' in fn ? fn.argumentTypes : fn.arguments.map((name) => facts.written(name) ?? none);
  if (!fn.variadic) return all.slice(0, count);
  const last = all.at(-1) ?? none;
  const pseudo = facts.info(last)?.name;
  const element =
    pseudo === 'anyarray' || pseudo === 'anycompatiblearray'
      ? (facts.written(pseudo === 'anyarray' ? 'anyelement' : 'anycompatible') ?? none)
      : (facts.element(last) ?? last);
  const fixed = all.slice(0, -1);
  return [...fixed, ...Array.from({ length: Math.max(0, count - fixed.length) }, () => element)].slice(
    0,
    count,
  );
}

/** Those of the candidates that may be meant: one where the types tell, else all that they do not rule out. */
export function meantFunctions(
  context: Context,
  { builtin, user }: Candidates,
  values: readonly Value[],
  fn: FuncCall,
): Meant {
  const facts = typeFacts(context.catalog);
  const types = values.map((value) => value.type);
  const named = (fn.args ?? []).some((arg) => asKind(arg, 'NamedArgExpr') !== null);
  if (named || fn.func_variadic === true) return { builtin, user, resolved: null };
  const order = (one: AnyFunction) =>
    context.searchPath.indexOf('oid' in one ? one.schema : 'pg_catalog') + (one.variadic ? 0.5 : 0);
  const candidates = [...builtin, ...user].map(
    (of): Candidate<AnyFunction> => ({
      of,
      declared: argumentTypes(context, of, values.length),
      order: order(of),
    }),
  );
  if (types.every((type) => type !== null)) {
    const chosen = choose(facts, candidates, types);
    if (chosen !== null)
      return 'oid' in chosen.of
        ? { builtin: [], user: [chosen.of], resolved: chosen.declared }
        : { builtin: [chosen.of], user: [], resolved: chosen.declared };
  }
  const possible = new Set(
    candidates
      .filter(({ declared }) =>
        declared.every((type, i) => {
          const actual = types[i] ?? null;
          return actual === null || facts.coerces(actual, type);
        }),
      )
      .map(({ of }) => of),
  );
  return { builtin, user: user.filter((one) => possible.has(one)), resolved: null };
}
