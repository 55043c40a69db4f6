/** What is wrong with a file: everything at once, each with its place, what was expected, and the nearest right key. */
import { CountersignError, nearest } from '@countersign/core';
import type { Position } from './tree.ts';

/** One thing that is wrong with a file, with its place. */
export interface Problem {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 1. */
  readonly column: number;
  /** What is wrong. Holds no value of an environment variable and no written-out credential. */
  readonly message: string;
  /** What may stand there. */
  readonly expected?: string;
  /** The right word nearest to the wrong one, where there is one. */
  readonly nearest?: string;
}

/** `countersign.yaml:12:5: unknown key "whoo"; expected one of name, who; did you mean "who"?` */
export function problemLine(problem: Problem): string {
  const { file, line, column, message, expected } = problem;
  const want = expected === undefined ? '' : `; expected ${expected}`;
  const guess = problem.nearest === undefined ? '' : `; did you mean "${problem.nearest}"?`;
  return `${file}:${line}:${column}: ${message}${want}${guess}`;
}

/** A file that can't be used, with all that is wrong with it. Its code is `config_invalid`. */
export class PolicyFileError extends CountersignError {
  /** In the order of the file. At least one. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('config_invalid');
    this.name = 'PolicyFileError';
    this.problems = Object.freeze([...problems]);
    this.message = this.problems.map(problemLine).join('\n');
  }
}

/** Collects what the readers of one file find. */
export class Report {
  readonly file: string;
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  problem(
    at: Position,
    message: string,
    more: { readonly expected?: string; readonly nearest?: string } = {},
  ): void {
    this.problems.push({ file: this.file, line: at.line, column: at.column, message, ...more });
  }

  /** A problem with a word that is none of those that could stand there. */
  notOneOf(at: Position, message: string, word: string, words: readonly string[]): void {
    const guess = nearest(word, words);
    this.problem(at, message, {
      expected: words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`,
      ...(guess === null ? {} : { nearest: guess }),
    });
  }

  warning(at: Position, message: string): void {
    this.warnings.push(`${this.file}:${at.line}:${at.column}: ${message}`);
  }

  /** @throws {PolicyFileError} where anything is wrong. */
  throwIfAny(): void {
    if (this.problems.length === 0) return;
    throw new PolicyFileError(this.problems.toSorted((a, b) => a.line - b.line || a.column - b.column));
  }
}
