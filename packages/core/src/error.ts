/** The one error class: a code of the table, and details in two fixed fields that every audience gets in its own way. */
import { type ErrorCode, type ErrorEntry, errorTable } from './errors.ts';

/** What an error says beyond its code. */
export interface ErrorDetails {
  /** What was wrong. May hold data of the caller's own request; never data of a target, never a credential. */
  readonly what?: string;
  /** What was expected instead. */
  readonly expected?: string;
}

/**
 * An error of Countersign. Check `error.code` (it narrows in a `switch`) or `error instanceof CountersignError`.
 * The message is the one for operators; what a model or an approver may read comes from {@link toModel} and {@link toApprover}.
 */
export class CountersignError extends Error {
  /** Which error it is. Its meaning never changes. */
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /** @param options.cause What brought it about. It stands in none of the texts. */
  constructor(code: ErrorCode, details: ErrorDetails = {}, options: { readonly cause?: unknown } = {}) {
    super(sentence(errorTable[code].people, details), options);
    this.name = 'CountersignError';
    this.code = code;
    this.details = Object.freeze({ ...details });
  }

  /** What the table says of its code: whether trying again can help, too. */
  get entry(): ErrorEntry {
    return errorTable[this.code];
  }

  /** The HTTP status of an answer that is nothing but this error. */
  get status(): number {
    return this.entry.status;
  }

  /** For the model: the table's text and nothing else, but for a malformed request, whose caller has to mend it. */
  toModel(): string {
    return this.status === 400 ? sentence(this.entry.model, this.details) : this.entry.model;
  }

  /** For an approver: what it is, and the details. */
  toApprover(): string {
    return this.message;
  }

  /** For an operator: the code as well. */
  toOperator(): string {
    return `${this.code}: ${this.message}`;
  }
}

function sentence(text: string, { what, expected }: ErrorDetails): string {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  const got = what === undefined ? '' : `: ${what}`;
  const want = expected === undefined ? '' : `; expected ${expected}`;
  return `${bare}${got}${want}.`;
}

/** Whatever was thrown, as a CountersignError: itself if it is one, else `fallback` with the thing as its cause. */
export function asCountersignError(thrown: unknown, fallback: ErrorCode = 'internal'): CountersignError {
  return thrown instanceof CountersignError ? thrown : new CountersignError(fallback, {}, { cause: thrown });
}
