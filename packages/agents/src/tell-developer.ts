/**
 * What keeps a tool from working, and only the application's developer can mend: said on their console, as the SDK says
 * its own warnings, because the model alone is told of it otherwise.
 */
import { type CountersignError, type ErrorCode, unknownConnection } from '@countersign/core';
import { getLogger } from '@openai/agents';
import type { Guard } from './guard.ts';
import type { RunContextLike } from './sdk.ts';

/** What is theirs to mend, and how. Anything else is between the model, the policy and people. */
const advice: Partial<Record<ErrorCode, string>> = {
  unreachable: 'Is it running there? The address is COUNTERSIGN_URL, or url of gatewayClient.',
  unauthenticated: 'Mint a token with `countersign token --agent NAME`; it goes into COUNTERSIGN_TOKEN.',
  wrong_actor:
    'A tool takes the token of an agent or a service, as `countersign token --agent NAME` mints it.',
  config_invalid: 'See gatewayClient and its options.',
  unknown_connection: 'guardedTool names a connection of the gateway’s policy file.',
  wrong_protocol: 'guardedTool takes sql for postgres, http for http, kubectl for kubernetes.',
  internal: 'It may be what runId or the token’s function threw.',
};

/** Milliseconds that looking for the right name may take. */
const lookMs = 5000;

const told = new Set<string>();

/** Says it once in a process for each gateway and connection. Never throws, and holds nothing up. */
export function tellDeveloper(guard: Guard, error: CountersignError, runContext: RunContextLike): void {
  const help = advice[error.code];
  const key = JSON.stringify([guard.gateway.url, guard.connection, error.code]);
  if (help === undefined || told.has(key)) return;
  told.add(key);
  void say(guard, error, help, runContext).catch(() => undefined);
}

async function say(guard: Guard, error: CountersignError, help: string, runContext: RunContextLike) {
  const { code, message } =
    error.code === 'unknown_connection' ? await withNames(guard, error, runContext) : error;
  getLogger('countersign').warn(
    `[countersign] ${guard.tool} does not work: ${message} (${code}) ${help} This is said once; the model is told each time.`,
  );
}

/** An agent is not told what else there is with the refusal, but may ask. */
async function withNames(
  { gateway, connection }: Guard,
  error: CountersignError,
  runContext: RunContextLike,
): Promise<CountersignError> {
  try {
    const signal = AbortSignal.timeout(lookMs);
    const { connections } = await gateway.clientFor(runContext).listConnections({ signal });
    return unknownConnection(
      connection,
      connections.map(({ name }) => name),
    );
  } catch {
    return error;
  }
}
