/** The words a model gets for a call that did not run, or whose outcome is not success. */
import type { Ran } from './call.ts';
import { type ErrorCode, errorTable } from './errors.ts';

const whetherAgain = {
  no: 'Trying the same call again will not help.',
  later: 'It may be tried again later.',
  new_call: 'A new call may be made; it will be judged afresh.',
} as const;

/** Other people's words, set off from the next sentence. */
function asSentence(message: string | null | undefined): string {
  if (message === undefined || message === null || message === '') return '';
  return /[.!?…]$/.test(message) ? ` ${message}` : ` ${message}.`;
}

/**
 * Says that nothing was executed, why, and whether trying again can help.
 *
 * @param message The policy's own words for this denial, or a person's reason for a rejection; a full stop is added where it has none.
 */
export function notExecutedText(code: ErrorCode, message?: string | null): string {
  const { model, retry } = errorTable[code];
  return `NOT EXECUTED (${code}). ${model}${asSentence(message)} ${whetherAgain[retry]} Do not tell the user that it was done.`;
}

/** Says what became of a call that was started and did not succeed. */
export function failedText(code: ErrorCode, ran: Ran, message?: string | null): string {
  const { model, retry } = errorTable[code];
  const left = {
    no: 'Nothing was executed.',
    rolled_back: 'Everything it did was undone.',
    maybe_outside: 'Part of it may have taken effect.',
  }[ran];
  return `FAILED (${code}). ${model}${asSentence(message)} ${left} ${whetherAgain[retry]}`;
}

/** Says that it is not known what became of a call that was started. */
export function outcomeUnknownText(): string {
  return `OUTCOME UNKNOWN (outcome_unknown). ${errorTable.outcome_unknown.model}`;
}
