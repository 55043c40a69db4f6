/**
 * What stands behind a guarded tool, known by its `needsApproval` function: that is what survives when the SDK, or
 * `toolNamespace`, copies the tool object. Nothing of it is a property of the tool, because the SDK writes every
 * property of a tool into a run's state.
 */
import type { ProtocolName } from '@countersign/core';
import type { GatewayClient } from './gateway-client.ts';
import { type FunctionCallLike, functionCallOf, type InterruptionLike, type ToolLike } from './sdk.ts';
import type { ToolInput } from './tool-input.ts';

export interface Guard {
  readonly gateway: GatewayClient;
  readonly connection: string;
  readonly protocol: ProtocolName;
  /** The tool's name, part of its calls' key. */
  readonly tool: string;
  readonly input: ToolInput;
}

const guards = new WeakMap<object, Guard>();

/** The guards that this process made for a gateway, in the order in which it made them. */
const guardsOf = new WeakMap<GatewayClient, Map<string, Guard>>();

export function registerGuard(needsApproval: object, guard: Guard): void {
  guards.set(needsApproval, guard);
  const made = guardsOf.get(guard.gateway) ?? new Map<string, Guard>();
  // Tools that are made anew for each request are the same tool.
  made.set(JSON.stringify([guard.tool, guard.connection, guard.protocol]), guard);
  guardsOf.set(guard.gateway, made);
}

export function guardsMadeFor(gateway: GatewayClient): readonly Guard[] {
  return [...(guardsOf.get(gateway)?.values() ?? [])];
}

export function guardOfTool(tool: ToolLike): Guard | undefined {
  const { needsApproval }: { readonly needsApproval?: unknown } = tool as object;
  return typeof needsApproval === 'function' ? guards.get(needsApproval) : undefined;
}

export interface GuardedInterruption {
  readonly guard: Guard;
  readonly call: FunctionCallLike;
  readonly interruption: InterruptionLike;
}

/** The interruptions that are guarded tools' of this gateway, by the agent that made the call and the tool's name. */
export function guardedInterruptions(
  gateway: GatewayClient,
  interruptions: readonly InterruptionLike[],
): readonly GuardedInterruption[] {
  return interruptions.flatMap((interruption) => {
    const call = functionCallOf(interruption);
    if (call === null) return [];
    const named = interruption.agent.tools.filter(
      (tool) => tool.type === 'function' && tool.name === call.name,
    );
    const tool = named.find((candidate) => isInNamespace(candidate, call.namespace)) ?? named[0];
    const guard = tool === undefined ? undefined : guardOfTool(tool);
    return guard?.gateway === gateway ? [{ guard, call, interruption }] : [];
  });
}

/** The SDK marks a namespaced copy by symbols that it keeps to itself. */
function isInNamespace(tool: ToolLike, namespace: string | undefined): boolean {
  const marks = Object.getOwnPropertySymbols(tool).map((symbol) => Reflect.get(tool, symbol) as unknown);
  return namespace === undefined ? marks.length === 0 : marks.includes(namespace);
}
