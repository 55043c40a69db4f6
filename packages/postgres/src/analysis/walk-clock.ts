/**
 * Bounds the work of one text. Most texts take a millisecond; but queries within the recursive part of other queries are
 * walked again for every round, and a short text can ask for hours.
 */
import { CountersignError } from '@countersign/core';

/** What is said of a text whose walk took too long. */
export const tooLong = 'a statement that takes too long to analyse';

export class WalkClock {
  readonly #until: number;

  /** @param withinMs Milliseconds that the walk may take: nothing else happens in its thread meanwhile. */
  constructor(withinMs: number) {
    this.#until = performance.now() + withinMs;
  }

  /** To be called for every expression, join and query. @throws {CountersignError} `too_large`. */
  step(): void {
    if (performance.now() > this.#until) throw new CountersignError('too_large', { what: tooLong });
  }
}
