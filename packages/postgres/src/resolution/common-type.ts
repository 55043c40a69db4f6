/** The one type of several values: of the branches of CASE, the rows of VALUES, the sides of UNION, an array's elements. */
import { type TypeFacts, typeIds } from './type-facts.ts';

/**
 * The type the server settles on; `text` where all are quoted constants.
 *
 * @param types Null where one is not known.
 * @returns Null where it can't be told.
 */
export function commonType(facts: TypeFacts, types: readonly (string | null)[]): string | null {
  if (types.length === 0 || types.includes(null)) return null;
  const all = types as readonly string[];
  const [first] = all;
  if (first !== undefined && first !== typeIds.unknown && all.every((type) => type === first)) return first;
  let settled: string | null = null;
  for (const type of all) {
    const base = facts.base(type);
    if (base === typeIds.unknown || base === settled) continue;
    if (settled === null) settled = base;
    else if (facts.category(settled) !== facts.category(base)) return null;
    else if (!facts.preferred(settled) && facts.coerces(settled, base) && !facts.coerces(base, settled))
      settled = base;
  }
  return settled ?? typeIds.text;
}
