/** Functions that turn values into JSON look for a user's cast to json at every level of a value, and call it. */
import type { BuiltinFunction } from '../functions/builtins.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import type { Context } from './context.ts';
import { callCast } from './types.ts';
import type { Value } from './value.ts';

/** Whether a function of the server's own looks for casts to json. */
export const readsCasts = ({ name }: Pick<BuiltinFunction, 'name'>): boolean =>
  /^(?:to_jsonb?|row_to_json|array_to_json|jsonb?_agg(?:_strict)?|jsonb?_build_(?:array|object)|jsonb?_object_agg(?:_unique|_strict|_unique_strict)?)$/.test(
    name,
  );

/**
 * The values become JSON.
 *
 * @returns Whether only the server's own functions are called.
 */
export function toJson(context: Context, values: readonly Value[]): boolean {
  const facts = typeFacts(context.catalog);
  const casts = context.catalog.casts.filter(
    ({ target, function: fn }) => target === typeIds.json && fn !== null,
  );
  if (casts.length === 0) return true;
  let known = true;
  const seen = new Set<string>();
  const visit = ({ type, row }: Pick<Value, 'type' | 'row'>): void => {
    if (row !== undefined) {
      for (const cast of casts) if (cast.source === type) known = !callCast(context, cast) && known;
      for (const { value } of row) visit(value);
      return;
    }
    const base = type === null ? null : facts.base(type);
    if (seen.has(`${base}`)) return;
    seen.add(`${base}`);
    const element = base === null ? null : facts.element(base);
    for (const cast of casts)
      if (base === null || base === typeIds.record || cast.source === base || cast.source === type)
        known = !callCast(context, cast) && known;
    if (element !== null) visit({ type: element });
    const relation = base === null ? null : (facts.info(base)?.relation ?? null);
    for (const column of (relation === null
      ? undefined
      : context.catalog.relationsByOid.get(relation)?.columns) ?? [])
      visit({ type: column.type });
  };
  for (const value of values) visit(value);
  return known;
}
