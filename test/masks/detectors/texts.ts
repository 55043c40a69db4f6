/**
 * Texts to try the detectors on, a line each, in `texts/`: of each kind those that hold values, set in « », and below a
 * blank line those that come close and hold none. `⏎`, `␍` and `␉` stand for line ends and tabs; `·` for nothing: it
 * stands in made-up credentials, so that no scanner takes a file for a leak.
 */
import { readFileSync } from 'node:fs';
import type { DetectorName } from '@countersign/core';

/** Texts that hold values, each set in « »; and texts that hold none. */
export interface Texts {
  readonly values: readonly string[];
  readonly none: readonly string[];
}

export function textsOf(name: DetectorName): Texts {
  const [values = '', none = ''] = read(name).split('\n\n');
  return { values: linesOf(values), none: linesOf(none) };
}

/** Texts that databases are full of, and that hold nothing that any detector is after. */
export const benign = (): readonly string[] => linesOf(read('benign'));

const read = (name: string): string =>
  readFileSync(new URL(`texts/${name}.txt`, import.meta.url), 'utf8').trimEnd();

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/·/g, '').replace(/⏎/g, '\n').replace(/␍/g, '\r').replace(/␉/g, '\t'));
