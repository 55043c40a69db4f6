/** How a command says that it could not do what it was asked: what was wrong, what to do, and never a stack trace. */
import { asCountersignError, type CountersignError, type ErrorCode } from '@countersign/core';
import { PolicyFileError } from '@countersign/policy';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { printable } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';
import { UsageError } from './usage-error.ts';

/** What to do about it, where that is known and the error itself does not say. */
const advice: Partial<Record<ErrorCode, string>> = {
  unreachable: 'Start one with `countersign serve`, or name one with --gateway URL.',
  unauthenticated: 'Mint a token with `countersign token mint`, and pass it in COUNTERSIGN_TOKEN.',
  wrong_actor: 'Agents call, people vote, operators run things: see `countersign token mint --help`.',
  data_locked: 'A gateway runs on this data folder already; commands reach it through that folder.',
  not_eligible: 'The card says who is asked: `countersign approvals show ID`.',
  reason_required: 'Say why: --reason "…".',
  already_decided: '`countersign approvals show ID` tells how.',
};

/** Reports what went wrong on stderr, and gives the exit code for it. */
export async function reportFailure(thrown: unknown, { err }: Terminal): Promise<ExitCode> {
  if (isAbort(thrown)) return exitCodes.interrupted;
  const head = err.paint('red', 'error');
  if (thrown instanceof UsageError) {
    await err.line(`${head} ${printable(thrown.message)} ${err.paint('dim', '(usage)')}`);
    return exitCodes.usage;
  }
  const error = asCountersignError(thrown);
  if (error instanceof PolicyFileError) {
    await err.line(`${head} The policy file can’t be used:`);
    for (const line of error.message.split('\n')) await err.line(`  ${printable(line)}`);
    return exitCodes.usage;
  }
  await err.line(`${head} ${printable(messageOf(error))} ${err.paint('dim', `(${error.code})`)}`);
  const help = error.details.expected === undefined ? advice[error.code] : undefined;
  if (help !== undefined) await err.line(`      ${help}`);
  return exitCodeOf(error.code);
}

/** For a fault nobody foresaw, its own words help more than the table's. */
function messageOf(error: CountersignError): string {
  if (error.code === 'internal' && error.cause instanceof Error && error.details.what === undefined)
    return `Something went wrong: ${error.cause.message}`;
  return error.message;
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}
