/** Pseudo-types that stand for the types of the arguments: `anyelement`, `anyarray`, `anycompatible`, `anyrange`, … */
import { commonType } from './common-type.ts';
import { type TypeFacts, typeIds } from './type-facts.ts';

/** Whether the arguments agree on what the pseudo-types stand for. Those of the `anycompatible` family nearly always do. */
export function polymorphicFits(
  facts: TypeFacts,
  declared: readonly string[],
  types: readonly string[],
): boolean {
  return strict(facts, declared, types) !== disagree;
}

/** No type has this id. */
const disagree = '';

/** The element type that `anyelement` and its family stand for: null where nothing tells, else perhaps {@link disagree}. */
function strict(facts: TypeFacts, declared: readonly string[], types: readonly string[]): string | null {
  let element: string | null = null;
  for (const [i, type] of declared.entries()) {
    const actual = types[i] ?? typeIds.unknown;
    if (actual === typeIds.unknown) continue;
    const stands = elementFor(facts, facts.polymorphic(type), actual, false);
    if (stands === null) continue;
    if (element !== null && element !== stands) return disagree;
    element = stands;
  }
  return element;
}

/** What an argument says of the element type of a family; null where it says nothing. */
function elementFor(
  facts: TypeFacts,
  pseudo: string | null,
  actual: string,
  compatible: boolean,
): string | null {
  if (pseudo === null || pseudo.startsWith('anycompatible') !== compatible) return null;
  const kind = pseudo.slice(compatible ? 'anycompatible'.length : 'any'.length);
  if (kind === 'array') return facts.element(actual);
  if (kind === 'range' || kind === 'multirange') return facts.info(facts.base(actual))?.bounds ?? null;
  return actual;
}

/**
 * The type a function returns for these arguments.
 *
 * @param returns Its declared type; most are not pseudo-types and come back as they are.
 * @returns Null where it can't be told.
 */
export function resultType(
  facts: TypeFacts,
  returns: string,
  declared: readonly string[],
  types: readonly string[],
): string | null {
  const pseudo = facts.polymorphic(returns);
  if (pseudo === null) return returns;
  const compatible = pseudo.startsWith('anycompatible');
  const kind = pseudo.slice(compatible ? 'anycompatible'.length : 'any'.length);
  // A range is what an argument of the same pseudo-type is.
  if (kind === 'range' || kind === 'multirange') {
    const i = declared.findIndex((type) => facts.polymorphic(type) === pseudo);
    const actual = i === -1 ? undefined : types[i];
    return actual === undefined || actual === typeIds.unknown ? null : facts.base(actual);
  }
  const element = compatible ? common(facts, declared, types) : strict(facts, declared, types);
  if (element === null || element === disagree) return null;
  return kind === 'array' ? facts.arrayOf(element) : element;
}

function common(facts: TypeFacts, declared: readonly string[], types: readonly string[]): string | null {
  const said = declared.flatMap((type, i) => {
    const pseudo = facts.polymorphic(type);
    if (pseudo?.startsWith('anycompatible') !== true) return [];
    const actual = types[i] ?? typeIds.unknown;
    return actual === typeIds.unknown
      ? [typeIds.unknown]
      : [elementFor(facts, pseudo, actual, true) ?? typeIds.unknown];
  });
  return commonType(facts, said);
}
