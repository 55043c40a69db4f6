/** Randomness from a seed: a small generator of good enough numbers (mulberry32). The same seed, the same numbers. */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number;
  /** Whether something of this probability happens now. */
  chance(probability: number): boolean;
  /** A whole number from 0 up to, and without, `below`. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  bytes(size: number): Buffer;
}

export function randomFrom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  // Seeds that lie side by side begin alike; a few numbers on they don't any more.
  for (let warm = 0; warm < 4; warm++) next();
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: <T>(from: readonly T[]) => {
      if (from.length === 0) throw new TypeError('there is nothing to pick from');
      return from[below(from.length)] as T;
    },
    bytes: (size) => Buffer.from(Array.from({ length: size }, () => below(256))),
  };
}

const alphabet = [...Array.from({ length: 10 }, (_, digit) => String(digit)), 'a', 'b', 'c', 'd', 'e', 'f'];

/** An id in the form of the product's. */
export function idFrom(random: Random, kind: string): string {
  return `${kind}_${Array.from({ length: 22 }, () => random.pick(alphabet)).join('')}`;
}
