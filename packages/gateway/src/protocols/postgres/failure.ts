/** What an execution reports when it did not succeed: a code, and the server's words only where the masks let them out. */
import { CountersignError, type ErrorCode, type Ran } from '@countersign/core';
import { type PostgresFault, TargetFault } from '../../connections/postgres-fault.ts';
import type { ExecuteContext, Execution } from '../protocol.ts';

export type Failed = Extract<Execution, { outcome: 'failed' }>;

/** How the transaction ran, for telling a wall from an ordinary refusal. */
export interface Ground {
  /** Whether it was a READ ONLY transaction. */
  readonly readOnly: boolean;
  /** Whether it ran as a wall login of its own. */
  readonly wall: boolean;
}

export function failed(
  error: unknown,
  ran: Ran,
  ground: Ground,
  { masks, masker }: Pick<ExecuteContext, 'masks' | 'masker'>,
): Failed {
  if (error instanceof CountersignError) return { outcome: 'failed', code: error.code, ran, message: null };
  // A fault of the gateway's own, not of the target.
  if (!(error instanceof TargetFault)) return { outcome: 'failed', code: 'internal', ran, message: null };
  const { fault } = error;
  // DETAIL, HINT and context print rows and constants; the message alone may be shown, and only where no value hides.
  const shown = fault.kind === 'refused' ? words(fault, masks, masker) : null;
  return { outcome: 'failed', code: codeOf(fault, ground), ran, message: shown };
}

/**
 * Classes of SQLSTATE that tell which kind of rule of the schema or the server was broken, and nothing of a value:
 * constraints, rollbacks, names and types, resources, intervention. Class 22 is left out: which conversion failed is
 * something about the value that was converted.
 */
const tellable = /^(?:23|40|42|53|57)/;

function words(
  fault: Extract<PostgresFault, { kind: 'refused' }>,
  masks: ExecuteContext['masks'],
  masker: ExecuteContext['masker'],
): string | null {
  const state = `SQLSTATE ${fault.sqlstate}`;
  if (masks.showErrors) return masker.message(`${fault.message} (${state})`);
  return tellable.test(fault.sqlstate) ? `(${state})` : null;
}

function codeOf(fault: PostgresFault, { readOnly, wall }: Ground): ErrorCode {
  if (fault.kind === 'lost') return 'target_unavailable';
  switch (fault.sqlstate) {
    case '25006': // read-only transaction
      return readOnly ? 'wall_refused' : 'target_error';
    case '42501': // insufficient privilege
      return wall ? 'wall_refused' : 'target_error';
    case '55P03': // waited too long for a lock
      return 'timed_out';
    default:
      return 'target_error';
  }
}
