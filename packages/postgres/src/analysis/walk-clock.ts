/**
 * Bounds the work of one text. Most texts take a millisecond; but queries within the recursive part of other queries are
 * walked again for every round, and a short text can ask for hours.
 */
import { CountersignError } from '@countersign/core';

/** Milliseconds that the walk of a text may take: nothing else happens in the process meanwhile. */
const walkWithinMs = 1000;

export class WalkClock {
  readonly #until = performance.now() + walkWithinMs;

  /** To be called for every expression, join and query. @throws {CountersignError} `too_large`. */
  step(): void {
    if (performance.now() > this.#until)
      throw new CountersignError('too_large', { what: 'a statement that takes too long to analyse' });
  }
}
