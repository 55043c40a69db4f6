/** Judges a call and, where it is allowed at once, runs it: what `countersign run --as` does on a throw-away target. */
import {
  type CallInput,
  CountersignError,
  type ExecuteView,
  type Principal,
  type Result,
} from '@countersign/core';
import { markFetched } from '../store/memory.ts';
import { faultOf } from '../store/store-fault.ts';
import { execute } from './execute.ts';
import { type Explained, explain } from './explain.ts';
import { connectionOf, type Room } from './room.ts';
import { submit } from './submit.ts';
import { executeView } from './view.ts';

/** What became of a call that was run at once. */
export interface RunAnswer extends Explained {
  /** `not_executed` for whatever was never claimed. */
  readonly outcome: 'succeeded' | 'failed' | 'unknown' | 'not_executed';
  /** Masked; null unless it succeeded. */
  readonly result: Result | null;
  /** Null where it succeeded. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/**
 * Never waits: an ask is `not_executed` and leaves nothing waiting.
 *
 * @throws {CountersignError} `config_invalid` for a connection that is not `throwaway: true`, and what `explain` throws.
 */
export async function runOnce(
  room: Room,
  principal: Principal,
  call: { connection: string; input: CallInput },
  signal: AbortSignal,
): Promise<RunAnswer> {
  const { config } = connectionOf(room, call.connection);
  if (!config.throwaway) {
    throw new CountersignError('config_invalid', {
      what: `${config.name} is not a throw-away connection`,
      expected: 'throwaway: true, or a live gateway',
    });
  }
  const explained = await explain(room, principal, call, signal);
  const notExecuted = (code: string, message: string): RunAnswer => ({
    ...explained,
    outcome: 'not_executed',
    result: null,
    error: { code, message },
  });
  if (explained.decision !== 'allow') return notExecuted(explained.code, explained.reason);
  const done = await submitAndExecute(room, principal, call, signal);
  if (done instanceof CountersignError) return notExecuted(done.code, done.toModel());
  const { outcome, result, error } = done;
  if (outcome === 'in_progress') return notExecuted('in_progress', done.call.reason);
  return {
    ...explained,
    outcome,
    result,
    error: error === null ? null : { code: error.code, message: error.message },
  };
}

/** A refusal on the way is an answer here: a line of a stream must not end the stream. */
async function submitAndExecute(
  room: Room,
  principal: Principal,
  call: { readonly connection: string; readonly input: CallInput },
  signal: AbortSignal,
): Promise<ExecuteView | CountersignError> {
  try {
    const key = { run: 'run-once', tool: 'countersign', call: room.runtime.newId('call') };
    const row = await submit(room, principal, { ...call, ...key }, signal);
    const executed = await execute(room, principal, row.id, row.input_digest, signal);
    const view = await executeView(room, executed);
    // Whoever asked has the result in hand: the same write once more is another one.
    if (executed.row.writes && view.outcome === 'succeeded') await markFetched(room.db, row.id);
    return view;
  } catch (thrown) {
    return faultOf(thrown);
  }
}
