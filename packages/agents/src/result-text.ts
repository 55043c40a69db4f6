/** What a tool returns: always a string, because the SDK takes some objects and arrays for content of its own kind. */
import {
  type CountersignError,
  type ErrorCode,
  type ExecuteView,
  errorTable,
  notExecutedText,
} from '@countersign/core';

/** Compact JSON for a result; for every other outcome the gateway's own words. */
export function resultText({ call, outcome, result }: ExecuteView): string {
  if (outcome !== 'succeeded') return call.reason;
  return result === null ? resultGoneText() : JSON.stringify(result);
}

/** Words for a call that was refused, or did not get as far as being judged. */
export function refusalText(error: CountersignError | ErrorCode): string {
  const code = typeof error === 'string' ? error : error.code;
  if (code === 'result_expired') return resultGoneText();
  if (code !== 'malformed') return notExecutedText(code);
  const what = typeof error === 'string' ? undefined : error.details.what;
  return notExecutedText(
    code,
    what === undefined ? 'The arguments are not what this tool takes.' : `${what}.`,
  );
}

function resultGoneText(): string {
  return `EXECUTED (result_expired). ${errorTable.result_expired.model} Do not run it again to see it.`;
}
