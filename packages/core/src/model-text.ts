/** The words a model gets for a call that did not run, or whose outcome is not success. */
import type { Ran } from './call.ts';
import { type ErrorCode, errorTable } from './errors.ts';

const whetherAgain = {
  no: 'Trying the same call again will not help.',
  later: 'It may be tried again later.',
  new_call: 'A new call may be made; it will be judged afresh.',
} as const;

/**
 * Says that nothing was executed, why, and whether trying again can help.
 *
 * @param message The policy's own words for this denial, or a person's reason for a rejection; shown as it is.
 */
export function notExecutedText(code: ErrorCode, message?: string | null): string {
  const { model, retry } = errorTable[code];
  const words = message === undefined || message === null || message === '' ? '' : ` ${message}`;
  return `NOT EXECUTED (${code}). ${model}${words} ${whetherAgain[retry]} Do not tell the user that it was done.`;
}

/** Says what became of a call that was started and did not succeed. */
export function failedText(code: ErrorCode, ran: Ran, message?: string | null): string {
  const { model, retry } = errorTable[code];
  const words = message === undefined || message === null || message === '' ? '' : ` ${message}`;
  const left = {
    no: 'Nothing was executed.',
    rolled_back: 'Everything it did was undone.',
    maybe_outside: 'Part of it may have taken effect.',
  }[ran];
  return `FAILED (${code}). ${model}${words} ${left} ${whetherAgain[retry]}`;
}

/** Says that it is not known what became of a call that was started. */
export function outcomeUnknownText(): string {
  return `OUTCOME UNKNOWN (outcome_unknown). ${errorTable.outcome_unknown.model}`;
}
