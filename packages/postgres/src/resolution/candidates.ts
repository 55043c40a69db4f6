/**
 * Which of several functions or operators of one name a call means: the server's rules of overload resolution, for
 * arguments whose types are all known. A quoted constant is of the type `unknown`, which fits everything.
 */
import { polymorphicFits } from './polymorphic.ts';
import { type TypeFacts, typeIds } from './type-facts.ts';

export interface Candidate<T> {
  readonly of: T;
  /** The declared type for each argument of this call: variadic ones repeated, defaults that are left out gone. */
  readonly declared: readonly string[];
  /** How early its schema is searched; less is earlier. */
  readonly order: number;
}

/**
 * The one that is meant; null where none fits, or where it can't be told which.
 *
 * @param types One for each argument.
 */
export function choose<T>(
  facts: TypeFacts,
  candidates: readonly Candidate<T>[],
  types: readonly string[],
): Candidate<T> | null {
  const reachable = withoutHidden(candidates);
  const exact = reachable.find(({ declared }) => declared.every((type, i) => type === types[i]));
  if (exact !== undefined) return exact;
  let left: readonly Candidate<T>[] = reachable.filter(
    ({ declared }) =>
      declared.every((type, i) => facts.coerces(types[i] ?? '', type)) &&
      polymorphicFits(facts, declared, types),
  );
  if (left.length <= 1) return left[0] ?? null;
  const bases = types.map((type) => facts.base(type));
  left = best(left, ({ declared }) =>
    count(declared, (type, i) => bases[i] !== typeIds.unknown && type === bases[i]),
  );
  if (left.length === 1) return left[0] ?? null;
  const categories = bases.map((type) => facts.category(type));
  left = best(left, ({ declared }) =>
    count(
      declared,
      (type, i) =>
        bases[i] !== typeIds.unknown && (type === bases[i] || isPreferred(facts, categories[i], type)),
    ),
  );
  if (left.length === 1) return left[0] ?? null;
  if (!bases.includes(typeIds.unknown)) return null;
  left = byCategory(facts, left, bases);
  if (left.length === 1) return left[0] ?? null;
  return likeTheKnown(facts, left, bases);
}

/** Of functions with the same arguments the one whose schema comes first hides the others. */
function withoutHidden<T>(candidates: readonly Candidate<T>[]): Candidate<T>[] {
  const first = new Map<string, Candidate<T>>();
  for (const candidate of candidates) {
    const key = candidate.declared.join();
    const known = first.get(key);
    if (known === undefined || candidate.order < known.order) first.set(key, candidate);
  }
  return [...first.values()];
}

function best<T>(candidates: readonly T[], matches: (candidate: T) => number): T[] {
  const counts = candidates.map(matches);
  const most = Math.max(...counts);
  return candidates.filter((_, i) => counts[i] === most);
}

function count<T>(items: readonly T[], test: (item: T, i: number) => boolean): number {
  return items.filter(test).length;
}

const isPreferred = (facts: TypeFacts, category: string | undefined, type: string): boolean =>
  facts.category(type) === category && facts.preferred(type);

/** A quoted constant is taken for a text where that is possible, else for the one category that all agree on. */
function byCategory<T>(
  facts: TypeFacts,
  candidates: readonly Candidate<T>[],
  bases: readonly string[],
): readonly Candidate<T>[] {
  const slots = bases.map((base, i) => {
    if (base !== typeIds.unknown) return null;
    const categories = candidates.map(({ declared }) => facts.category(declared[i] ?? ''));
    if (categories.includes('S')) return 'S';
    return categories.every((category) => category === categories[0]) ? (categories[0] ?? null) : '';
  });
  if (slots.includes('')) return candidates;
  const hasPreferred = slots.map(
    (slot, i) =>
      slot !== null && candidates.some(({ declared }) => isPreferred(facts, slot, declared[i] ?? '')),
  );
  const kept = candidates.filter(({ declared }) =>
    slots.every((slot, i) => {
      const type = declared[i] ?? '';
      if (slot === null) return true;
      return facts.category(type) === slot && (hasPreferred[i] !== true || facts.preferred(type));
    }),
  );
  return kept.length === 0 ? candidates : kept;
}

/** Where all that is known is of one type, a quoted constant is perhaps of that type, too. */
function likeTheKnown<T>(
  facts: TypeFacts,
  candidates: readonly Candidate<T>[],
  bases: readonly string[],
): Candidate<T> | null {
  const knownTypes = new Set(bases.filter((base) => base !== typeIds.unknown));
  const [only] = knownTypes;
  if (only === undefined || knownTypes.size > 1) return null;
  const fitting = candidates.filter(({ declared }) => declared.every((type) => facts.coerces(only, type)));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
