/** Submitting a call, and remembering which call of the gateway's it became, for as long as the run lives. */
import type { CallView } from '@countersign/core';
import type { Guard } from './guard.ts';
import type { RunContextLike } from './sdk.ts';
import type { ToolCall } from './tool-input.ts';

interface Held {
  /** The input it was submitted with: another one is another call. */
  readonly input: string;
  readonly view: CallView;
}

/** By run; a run that is gone takes its calls along. */
const heldByRun = new WeakMap<object, Map<string, Held>>();

const keyOf = (guard: Guard, run: string, callId: string) =>
  JSON.stringify([guard.gateway.url, run, guard.tool, callId]);

/** The call as the gateway last showed it in this process; undefined where this process has not submitted it. */
export function heldCall(
  guard: Guard,
  runContext: RunContextLike,
  callId: string,
  call?: ToolCall,
): CallView | undefined {
  const key = keyOf(guard, guard.gateway.runIdOf(runContext), callId);
  const held = heldByRun.get(runContext.usage)?.get(key);
  return call === undefined || held?.input === JSON.stringify(call.input) ? held?.view : undefined;
}

/**
 * Submits a call; the same key with the same input is the same call, however often it is sent.
 *
 * @throws {CountersignError} as the client does; what `runId` throws.
 */
export async function submitCall(
  guard: Guard,
  runContext: RunContextLike,
  callId: string,
  { input, purpose }: ToolCall,
  signal?: AbortSignal,
): Promise<CallView> {
  const run = guard.gateway.runIdOf(runContext);
  const view = await guard.gateway.clientFor(runContext).submitCall(
    {
      connection: guard.connection,
      input,
      run,
      tool: guard.tool,
      call: callId,
      ...(purpose === undefined ? {} : { purpose }),
    },
    { signal },
  );
  const held = heldByRun.get(runContext.usage) ?? new Map<string, Held>();
  held.set(keyOf(guard, run, callId), { input: JSON.stringify(input), view });
  heldByRun.set(runContext.usage, held);
  return view;
}
