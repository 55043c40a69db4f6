/** What a request, or a line of kubectl, would do, told from the policy file alone: for its tests. */
import { type CallInput, CountersignError, type Effect, type Lineage } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { systemRuntime } from '../runtime/runtime.ts';
import { http } from './http/index.ts';
import { kubernetes } from './kubernetes/index.ts';

/**
 * Analyses a request as the connection's gateway would, without a server and without a look-up.
 *
 * @throws {CountersignError} with the code of the denial; `wrong_protocol` where the connection takes no such call.
 */
export async function requestAnalysis(
  connection: ConnectionConfig,
  input: CallInput,
): Promise<{ readonly effects: readonly Effect[]; readonly lineage: Lineage }> {
  const protocol = 'argv' in input ? kubernetes : http;
  if (connection.protocol !== protocol.name)
    throw new CountersignError('wrong_protocol', { expected: `a call of ${connection.protocol}` });
  const target = protocol.connect(connection, systemRuntime);
  try {
    return await target.analyse(target.parse(input), new AbortController().signal);
  } finally {
    await target.close();
  }
}
