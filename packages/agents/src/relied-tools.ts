/**
 * The guarded tools that a parked run relies on. Were one of them no longer guarded where the run goes on, the SDK would
 * run the call that waits without asking anyone.
 */
import { CountersignError, canonicalJson, type ProtocolName, sha256 } from '@countersign/core';
import type { GatewayClient } from './gateway-client.ts';
import { type Guard, guardOfTool, guardsMadeFor } from './guard.ts';
import type { InterruptionLike } from './sdk.ts';

export interface ReliedTool {
  readonly name: string;
  readonly connection: string;
  readonly protocol: ProtocolName;
  /** Of its parameters. */
  readonly version: number;
}

const factsOf = ({ tool, connection, protocol, input }: Guard): ReliedTool => ({
  name: tool,
  connection,
  protocol,
  version: input.version,
});
const textOf = ({ name, connection, protocol, version }: ReliedTool): string =>
  canonicalJson({ name, connection, protocol, version });

/** This gateway's tools of the agents that wait, in one order. */
export function reliedTools(
  gateway: GatewayClient,
  interruptions: readonly InterruptionLike[],
): readonly ReliedTool[] {
  const relied = new Map<string, ReliedTool>();
  for (const { agent } of interruptions)
    for (const tool of agent.tools) {
      const guard = guardOfTool(tool);
      if (guard?.gateway === gateway) relied.set(textOf(factsOf(guard)), factsOf(guard));
    }
  return [...relied.keys()].sort().map((key) => relied.get(key) as ReliedTool);
}

export function fingerprintOf(tools: readonly ReliedTool[]): string {
  return sha256(`countersign.tools.v1\n${tools.map(textOf).join('\n')}`);
}

/** @throws {CountersignError} `state_outdated` unless this process has made each of the tools as it was. */
export function checkTools(gateway: GatewayClient, tools: readonly ReliedTool[], choices: string): void {
  const made = guardsMadeFor(gateway).map(factsOf);
  for (const relied of tools) {
    if (made.some((tool) => textOf(tool) === textOf(relied))) continue;
    const { name, connection } = relied;
    const what = made.some((tool) => tool.name === name)
      ? `the guarded tool ${name} is another one here than the run was parked with (for ${connection})`
      : `this process has made no guarded tool ${name} for ${connection}`;
    throw new CountersignError('state_outdated', { what, expected: choices });
  }
}
