/** A tool for the OpenAI Agents SDK whose calls go through the gateway. */

import { randomUUID } from 'node:crypto';
import { CountersignError, nameSchema, nearest, type ProtocolName } from '@countersign/core';
import { type FunctionTool, tool } from '@openai/agents';
import { execute } from './execute.ts';
import type { GatewayClient } from './gateway-client.ts';
import { type Guard, registerGuard } from './guard.ts';
import { refusalText } from './result-text.ts';
import type { RunContextLike } from './sdk.ts';
import { submitCall } from './submit.ts';
import { type ToolInput, toolInputs } from './tool-input.ts';

/** What a tool reaches: one connection, named by what it speaks. */
export type GuardedConnection =
  | { readonly sql: string; readonly http?: never; readonly kubectl?: never }
  | { readonly http: string; readonly sql?: never; readonly kubectl?: never }
  | { readonly kubectl: string; readonly sql?: never; readonly http?: never };

/** What a guarded tool is made of: a gateway, and one connection of it. */
export type GuardedToolOptions = GuardedConnection & {
  /** Whose connection it is; one client serves any number of tools. */
  readonly gateway: GatewayClient;
  /** Default: the connection's name and `query`, `request` or `kubectl`, as in `shop_db_query`. */
  readonly name?: string;
  /** For the model; default: what the tool does, and that people may be asked. */
  readonly description?: string;
};

/** Milliseconds that the SDK's approval hook may take; then the call is decided in `execute`. */
const hookMs = 10_000;

/**
 * A tool for one connection. The run pauses (the SDK's own interruption) for a call that a person has to approve; any
 * other runs at once, or is refused in words. The decision is the gateway's, and is enforced when the tool executes.
 *
 * @throws {CountersignError} `config_invalid` unless exactly one of `sql`, `http`, `kubectl` names a connection.
 */
export function guardedTool<Context = unknown>(
  options: GuardedToolOptions,
): FunctionTool<Context, Parameters, string> {
  const { protocol, connection } = connectionOf(options);
  const input = toolInputs[protocol];

  const needsApproval = async (runContext: RunContextLike, arrived: unknown, callId?: string) => {
    try {
      const call = input.read(arrived);
      if (call === null || callId === undefined) return false;
      const view = await submitCall(guard, runContext, callId, call, AbortSignal.timeout(hookMs));
      return view.state === 'waiting';
    } catch {
      // Not paused: `execute` decides, and says what is wrong.
      return false;
    }
  };

  const made = tool<Parameters, Context, string>({
    name: options.name ?? `${connection.replace(/[^a-z0-9]+/g, '_')}_${input.suffix}`,
    description: options.description ?? input.describe(connection),
    parameters: input.parameters,
    needsApproval,
    execute: (arrived, runContext, details) => {
      if (runContext === undefined) return refusalText('internal');
      // Invoked by hand, without a call of the model's, it is a call of its own.
      const callId = details?.toolCall?.callId ?? `call_${randomUUID()}`;
      return execute(guard, runContext, callId, arrived, details?.signal);
    },
    // Reached only where the SDK could not read the arguments. It must not show the error, which holds them.
    errorFunction: () => refusalText('malformed'),
  });
  const guard: Guard = { gateway: options.gateway, connection, protocol, tool: made.name, input };
  registerGuard(made.needsApproval, guard);
  return made;
}

type Parameters = ToolInput['parameters'];

const known = ['gateway', 'name', 'description', 'sql', 'http', 'kubectl'];

function connectionOf(options: GuardedConnection): {
  readonly protocol: ProtocolName;
  readonly connection: string;
} {
  // Types say so already, where the application has them.
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const near = nearest(option, known);
    throw new CountersignError('config_invalid', {
      what: `guardedTool has no option ${option}${near === null ? '' : ` (did you mean ${near}?)`}`,
      expected: known.join(', '),
    });
  }
  const { sql, http, kubectl } = options;
  const named = (
    [
      ['postgres', sql],
      ['http', http],
      ['kubernetes', kubectl],
    ] as const
  ).filter(([, name]) => name !== undefined);
  const [[protocol, connection] = []] = named;
  if (protocol === undefined || named.length > 1 || !nameSchema.safeParse(connection).success)
    throw new CountersignError('config_invalid', {
      what: 'guardedTool got no single connection',
      expected: "one of sql, http and kubectl, like sql: 'shop-db'",
    });
  return { protocol, connection: connection as string };
}
