/** What a grammar draws from: bytes, one or two for each choice. When they run out every choice is its first, the simplest. */
export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A number from 0 to `n - 1`. */
  below(n: number): number {
    return Math.floor(((this.#bytes[this.#at++] ?? 0) / 256) * n);
  }

  /** True for about `percent` of a hundred; false when nothing is left. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** Between `least` and `most` of what `make` gives. */
  several<T>(least: number, most: number, make: (i: number) => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, (_, i) => make(i));
  }
}
