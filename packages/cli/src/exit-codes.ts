/** What the process answers with. Every command uses these and no others; `countersign --help` lists them. */
import { type Decision, type ErrorCode, isErrorCode } from '@countersign/core';

export const exitCodes = Object.freeze({
  /** Done; or the answer is yes. */
  ok: 0,
  /** The answer is no: denied, failed, not consistent, a case that did not hold. */
  no: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** The gateway, its store or a target could not be reached. */
  unreachable: 3,
  /** Neither yes nor no: a person has to be asked. */
  ask: 4,
  /** Ended by Ctrl-C. */
  interrupted: 130,
});
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const usage: ReadonlySet<ErrorCode> = new Set([
  'config_invalid',
  'malformed',
  'too_large',
  'reason_required',
  'unknown_connection',
  'wrong_protocol',
]);
const unreachable: ReadonlySet<ErrorCode> = new Set([
  'unreachable',
  'unavailable',
  'shutting_down',
  'target_unavailable',
  'data_locked',
]);

/** The exit code of a call's decision: a denial because something could not be reached is no answer of the policy. */
export function exitCodeOfDecision(decision: Decision['verdict'], code: string): ExitCode {
  if (decision === 'allow') return exitCodes.ok;
  if (decision === 'ask') return exitCodes.ask;
  return isErrorCode(code) && unreachable.has(code) ? exitCodes.unreachable : exitCodes.no;
}

/** The exit code of a command that ended with this error. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  if (usage.has(code)) return exitCodes.usage;
  return unreachable.has(code) ? exitCodes.unreachable : exitCodes.no;
}
