import type { CallView } from '@countersign/core';
import type { GatewayClient } from './gateway-client.ts';
import { type GuardedInterruption, guardedInterruptions } from './guard.ts';
import type { InterruptionLike, RunContextLike } from './sdk.ts';
import { heldCall } from './submit.ts';

/** A guarded call that a run waits for, as plain data. */
export interface PendingCall {
  /** The SDK's id of the call. */
  readonly callId: string;
  /** The tool's name, as the model knows it. */
  readonly tool: string;
  /** The name of the agent that made it: of a nested agent, its own. */
  readonly agent: string;
  /** The connection that the tool reaches. */
  readonly connection: string;
  /** As the gateway last showed it, where this process has submitted it: its id, its approval's, and until when people may vote. */
  readonly call?: CallView;
}

export function pendingCalls(
  gateway: GatewayClient,
  runContext: RunContextLike,
  interruptions: readonly InterruptionLike[],
): readonly PendingCall[] {
  return guardedInterruptions(gateway, interruptions).map((guarded) => pendingCall(runContext, guarded));
}

export function pendingCall(
  runContext: RunContextLike,
  { guard, call, interruption }: GuardedInterruption,
): PendingCall {
  const view = heldCall(guard, runContext, call.callId);
  return {
    callId: call.callId,
    tool: guard.tool,
    agent: interruption.agent.name,
    connection: guard.connection,
    ...(view === undefined ? {} : { call: view }),
  };
}
